"""How does one get the sample estate into a folder?

`write_estate` plans the estate, writes bills, inventory and configuration, and returns the planted truth,
which also stands in `truth.json`. Nothing depends on the clock, the machine or the folder.
"""

from __future__ import annotations

import shutil
from decimal import Context, localcontext
from pathlib import Path
from random import Random

from configs.sample.estate import plan
from configs.sample.exports import write_exports
from configs.sample.inventory import write_inventory
from configs.sample.lines import Line, usage_lines
from configs.sample.other_charges import other_lines
from configs.sample.resources import Resource
from configs.sample.truth import Truth, truth_of

CONFIGURATION = ("tagrecon.yaml", "registry.yaml", "allocation.yaml")
_FILES = Path(__file__).parent / "files"


def write_estate(folder: Path, seed: int = 7, scale: float = 1.0) -> Truth:
    """Writes a believable company with known defects into `folder` (made if missing).

    `exports/` and `inventory/` of an earlier estate there are replaced. `scale` multiplies the number of
    resources: 1 is some 450, and every defect is planted at least once at any scale above 0. ValueError if
    `scale` is not above 0.
    """
    if not scale > 0:
        raise ValueError(f"scale is {scale}: it multiplies the number of resources and must be above 0")
    folder.mkdir(parents=True, exist_ok=True)
    for stale in ("exports", "inventory"):
        shutil.rmtree(folder / stale, ignore_errors=True)
    with localcontext(Context(prec=76)):  # the default of 28 digits would round a cost
        resources = plan(seed, scale)
        lines = bill_lines(resources, seed)
        write_exports(folder / "exports", lines)
        write_inventory(folder / "inventory", resources)
        for name in CONFIGURATION:
            shutil.copyfile(_FILES / name, folder / name)
        truth = truth_of(seed, scale, resources, lines)
    truth.write(folder / "truth.json")
    return truth


def bill_lines(resources: tuple[Resource, ...], seed: int) -> list[Line]:
    """Every bill line of the estate, in the order of time within each billing account."""
    rng = Random(f"{seed}:bills")
    usage = [line for resource in resources for line in usage_lines(resource, rng)]
    lines = [*usage, *other_lines(resources, usage, rng)]
    return sorted(lines, key=lambda x: (x.payer.id, x.start, x.resource_id or "", x.description))
