"""What does docs/cli.md say? The help of every command. `python -m recon.cli.reference` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from recon.cli.app import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_WIDTH = 100
_HEAD = """# The command line

Written from `--help` by `python -m recon.cli.reference`; a test fails when it drifts.

Answers go to stdout; messages and progress go to stderr: a moving line in a terminal, plain lines elsewhere.
With `--json` stdout holds one JSON document (of a run or an audit: its summary.json), whatever its exit code.
Text that comes from tags is shown without control characters, in JSON as `\\u` escapes.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a gate that you asked for (`--fail-under`) was missed |
| 2 | your input is wrong: arguments, configuration, registry, rules; nothing was touched |
| 3 | partial: a configured source was not read, or rows were set aside; `--gaps-ok` makes it 0 |
| 4 | a bug of tagrecon; nothing was published |
| 5 | another run holds the lock |

Where several apply, the first of 4, 2, 5, 1, 3, 0 counts. Interrupted from the keyboard it is 130.

| variable | meaning |
|---|---|
| `TAGRECON_NOW` | as `--now` |
| `TAGRECON_DEBUG` | `1`: show the traceback of an error, which may hold tag values |
"""


def page() -> str:
    """The whole page."""
    root: Any = typer.main.get_command(app)
    return "\n".join([_HEAD, *_sections(root, "tagrecon", None)])


def _sections(command: Any, name: str, above: Any) -> Iterator[str]:
    context = command.context_class(
        command, info_name=name.split()[-1], parent=above, terminal_width=_WIDTH, max_content_width=_WIDTH,
        **command.context_settings,
    )  # fmt: skip
    yield f"## {name}\n\n```text\n{command.get_help(context).rstrip()}\n```\n"
    for below in getattr(command, "commands", {}).values():
        yield from _sections(below, f"{name} {below.name}", context)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
