"""How does a person see that work goes on? A moving line where one watches, plain lines where none does.

Everything goes to stderr: stdout belongs to the answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from recon.cli.door import say
from recon.hostile import shown

Tell = Callable[[str], None]


@contextmanager
def telling(quiet: bool = False) -> Iterator[Tell]:
    """A function that takes one line of progress; `quiet` makes it say nothing."""
    if quiet:
        yield lambda line: None
    elif sys.stderr.isatty():
        with _moving() as tell:
            yield tell
    else:
        yield say


@contextmanager
def _moving() -> Iterator[Tell]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    console = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        step = progress.add_task("starting", total=None)

        def tell(line: str) -> None:
            done = progress.tasks[0].description
            if done != "starting":
                progress.console.print(Text(f"✓ {done}", style="dim"))
            progress.reset(step, description=shown(line))

        yield tell
