"""What does the whole job look like? On a made-up company, in a folder of its own, without an account."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from recon.cli import options, spoken
from recon.cli.conclusion import Asked, conclude
from recon.cli.door import door
from recon.cli.settings import configured
from recon.cli.telling import telling
from recon.errors import InputError, Where

NOW = "2026-11-03T06:00:00Z"  # where the clock of the sample estate stands
_MARK = "truth.json"  # only a sample estate has it


@door
def demo(
    output: Annotated[
        Path, typer.Option("--output", metavar="DIR", help="Folder for the sample estate and its report.")
    ] = Path("tagrecon-demo"),
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another number, another company.")] = 7,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
) -> int:
    """The whole job on a built-in sample estate.

    No account is needed. Bills, inventory, configuration, store and report are written under the folder,
    nothing elsewhere.
    """
    _make_room(output)
    from configs.sample import write_estate
    from recon import run as engine

    with telling(quiet) as tell:
        tell(f"writing the sample estate into {output}")
        write_estate(output, seed=seed)
        result = engine.run(configured(output / "tagrecon.yaml"), spoken.instant(NOW), tell=tell)
    return conclude(result, Asked(as_json=as_json, quiet=quiet))


def _make_room(folder: Path) -> None:
    """Refuse a folder that holds something else; forget store and reports of an earlier demonstration."""
    if folder.exists() and not folder.is_dir():
        raise InputError("is a file; the demonstration needs a folder (--output DIR)", Where(folder))
    if not folder.is_dir() or not any(folder.iterdir()):
        return
    if not (folder / _MARK).is_file():
        message = "is not empty and no earlier demonstration; name a new folder (--output DIR)"
        raise InputError(message, Where(folder))
    for made in ("var", "out"):
        shutil.rmtree(folder / made, ignore_errors=True)
