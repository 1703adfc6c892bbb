"""Which words do the commands share? The common options, spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_CONFIG = Path("tagrecon.yaml")

Config = Annotated[Path, typer.Option("--config", metavar="FILE", help="The configuration.")]
Store = Annotated[
    Path | None, typer.Option("--store", metavar="FILE", help="The store, instead of the configured one.")
]
Output = Annotated[
    Path | None,
    typer.Option("--output", metavar="DIR", help="Folder of the reports, instead of the configured one."),
]
Period = Annotated[
    str | None,
    typer.Option("--period", metavar="YYYY-MM[..YYYY-MM]", help="Only these billing periods."),
]
Anew = Annotated[
    str | None,
    typer.Option(
        "--period",
        metavar="YYYY-MM[..YYYY-MM]",
        help="Work on these billing periods too, changed or not; gates look at them.",
    ),
]
Now = Annotated[
    str | None,
    typer.Option(
        "--now",
        metavar="INSTANT",
        envvar="TAGRECON_NOW",
        help="The time to reckon with, ISO 8601; without a zone it is UTC. Left out: the clock.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no tables; errors only.")]
GapsOk = Annotated[
    bool,
    typer.Option("--gaps-ok", help="Exit 0, not 3, where sources were not read or rows were set aside."),
]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under",
        metavar="KEY=95[:taggable][:count]",
        help="Exit 1 where this key's coverage is below so many percent: by cost of everything, or of what "
        "can be tagged, or by count of resources. May be repeated.",
    ),
]
