"""What does one bill look like under one registry? A run over a store that nobody keeps."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import yaml

from recon.config import load_config
from recon.model import Gap
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
        stages = frozenset({"snapshot", "ingest", "reconcile"})
        return _of_something(run(load_config(path), now, stages=stages, tell=tell), bill)


def _of_something(result: Result, bill: str) -> Result:
    """The result; partial where no bill line came of the one bill that was asked for: nothing is not `ok`."""
    if result.status != "ok" or result.summary["closing"]:
        return result
    gap = Gap(
        "missing",
        f"billing {bill}",
        "no bill lines lie there: it is empty, a header alone, or a document such as a manifest",
    )
    said = gap.as_json() | {"limitation": False}
    summary = result.summary | {
        "run": result.summary["run"] | {"status": "partial"},
        "gaps": [*result.summary["gaps"], said],
    }
    return replace(result, status="partial", summary=summary)


def _place(location: str) -> str:
    return location if "://" in location else str(Path(location).expanduser().resolve())
