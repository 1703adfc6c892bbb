"""What does one bill look like under one registry? A run over a store that nobody keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import yaml

from recon.config import load_config
from recon.run.publishing import Result
from recon.run.walk import run


def audit(
    bill: Path,
    *,
    registry: Path,
    inventory: Path | None = None,
    allocation: Path | None = None,
    now: datetime,
    tell: Callable[[str], None] = lambda line: None,
) -> Result:
    """The whole job over one file or folder, in a temporary store that is gone afterwards; `out_dir` is None
    and `store` no longer exists. Raises as `run` does."""
    with tempfile.TemporaryDirectory(prefix="tagrecon-") as folder:
        config: dict[str, object] = {
            "registry": str(registry.resolve()),
            "billing": [{"name": "bill", "connector": "focus", "location": str(bill.resolve())}],
        }
        if inventory is not None:
            config["inventory"] = [
                {"name": "live", "connector": "files", "location": str(inventory.resolve())}
            ]
        if allocation is not None:
            config["allocation"] = str(allocation.resolve())
        path = Path(folder) / "tagrecon.yaml"
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return run(load_config(path), now, stages=frozenset({"snapshot", "ingest", "reconcile"}), tell=tell)
