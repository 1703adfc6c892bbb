"""What does text in a terminal look like? One console, one kind of table, one way to show foreign text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from recon.hostile import shown

_UNWATCHED_WIDTH = 132  # where nobody watches (a log, a pipe) tables must not break at 80


def console() -> Console:
    """stdout; colours only in a terminal."""
    return Console(
        file=sys.stdout,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=False,
        width=None if sys.stdout.isatty() else _UNWATCHED_WIDTH,
    )


def cell(text: object, style: str = "", limit: int = 300) -> Text:
    """Foreign text made harmless; never read as markup."""
    return Text("" if text is None else shown(text, limit), style=style)


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str | Text]], right: Iterable[str] = ()
) -> Table:
    """A table with its title above; columns named in `right` hold numbers."""
    made = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=SIMPLE_HEAD,
        pad_edge=False,
        header_style="dim",
    )
    numbers = set(right)
    for name in columns:
        made.add_column(
            name, justify="right" if name in numbers else "left", overflow="fold", no_wrap=name in numbers
        )
    for row in rows:
        made.add_row(*(part if isinstance(part, Text) else cell(part) for part in row))
    return made
