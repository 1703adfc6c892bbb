"""What does one bill look like under one registry? A run over a store that nobody keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import yaml

from recon.config import load_config
from recon.run.publishing import Result
from recon.run.walk import run


def audit(
    bill: str,
    *,
    registry: Path,
    inventory: Path | None = None,
    allocation: Path | None = None,
    defaults: Mapping[str, str] | None = None,
    now: datetime,
    tell: Callable[[str], None] = lambda line: None,
) -> Result:
    """The whole job over one bill (a file, a folder, a glob or a URL; its format is recognized by content), in a
    temporary store that is gone afterwards; `out_dir` is None and `store` no longer exists. `defaults`: FOCUS
    column and value, where the file has no such column. Raises as `run` does."""
    with tempfile.TemporaryDirectory(prefix="tagrecon-") as folder:
        config: dict[str, object] = {
            "registry": str(registry.resolve()),
            "billing": [{"name": "bill", "location": _place(bill), "defaults": dict(defaults or {})}],
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


def _place(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().resolve())
