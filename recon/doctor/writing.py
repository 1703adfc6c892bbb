"""Could approved fixes be applied? Says per cloud whether writing is set up; it is never tried here.

Only an approved plan writes, so the doctor can't know whether the permissions are there: it says which are needed.
"""

from __future__ import annotations

from collections.abc import Iterator

from recon.config import RunConfig
from recon.doctor.check import Check
from recon.doctor.write_policy import WRITTEN


def writing(cfg: RunConfig) -> Iterator[Check]:
    """One note per cloud that is listed live."""
    listed = {source.cloud for source in cfg.inventory if source.cloud}
    for cloud in WRITTEN:
        if cloud not in listed:
            continue
        prints = f"`tagrecon doctor --policy {cloud} --write` prints what it needs"
        if getattr(cfg.fix, cloud) is None:
            says = f"not set up (fix.{cloud} is not configured): everything else works"
            yield Check(f"writing {cloud}", "note", says, f"to apply approved fixes: {prints}")
        else:
            says = f"set up (fix.{cloud}), and not tried: only an approved plan writes"
            yield Check(f"writing {cloud}", "note", says, prints)
