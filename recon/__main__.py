"""Where does the command line begin? `tagrecon` and `python -m recon` both start here."""

from __future__ import annotations

from recon.cli.app import app


def main() -> None:
    """Run one command and leave with its exit code (recon.errors.Exit)."""
    app(prog_name="tagrecon")


if __name__ == "__main__":
    main()
