"""The command line: arguments and exit codes. Each command is one file in `commands/`.

Nothing but Typer and the standard library is imported before a command runs: `--help` must answer at once.
"""
