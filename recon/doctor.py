"""What is configured, reachable and permitted, and what is to be done about what is not?

Looks and changes nothing: no lock is taken, no file is made. Every check answers for itself, so that one
broken part does not hide the others.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from recon.errors import DeliveryRefused, InputError, InputErrors

if TYPE_CHECKING:
    from recon.config import RunConfig

State = Literal["ok", "note", "wrong"]
_SNIFFED_FILES = 200  # a look, not a run: enough to see what lies there
_SPARE = 1 << 30
_CLOUDS = {"aws": "boto3", "azure": "azure", "gcp": "google"}


@dataclass(frozen=True)
class Check:
    """One thing looked at. `wrong` stops a run or makes it partial, `note` is worth knowing, `next` says what
    to do."""

    name: str
    state: State
    says: str
    next: str = ""


def examine(
    config: Path, *, overrides: Mapping[str, Path | None] | None = None, environ: Mapping[str, str]
) -> list[Check]:
    """Every check, in the order of a run. Nothing is raised for what is wrong: it is a check that says so."""
    from recon.config import load_config

    try:
        cfg = load_config(config, overrides=overrides)
    except InputError as wrong:
        return [*_wrongs("configuration", wrong), *_extras(())]
    found = [Check("configuration", "ok", f"{config} is right")]
    found += _rules(cfg)
    found += _mask_key(cfg, environ)
    found += [
        check
        for source in cfg.billing
        for check in _source("bill", source.name, source.location, _bill_format)
    ]
    if not cfg.billing:
        found.append(
            Check("bills", "wrong", "no bill is configured", "add an entry under billing: {name, location}")
        )
    for inventory in cfg.inventory:
        if inventory.location:
            found += _source("inventory", inventory.name, inventory.location, _dump_format)
    if not cfg.inventory:
        found.append(
            Check(
                "inventories", "note", "none configured: what is live is not known", "add one under inventory"
            )
        )
    found += [_writable("store", cfg.store.parent), _writable("output", cfg.output)]
    found += _published(cfg.store, cfg.output)
    found += [_lock(cfg.store)]
    used = {b.connector for b in cfg.billing} | {i.connector for i in cfg.inventory}
    return found + _extras({name for name in used if name})


def _wrongs(name: str, wrong: InputError) -> list[Check]:
    each = wrong.errors if isinstance(wrong, InputErrors) else [wrong]
    return [
        Check(name, "wrong", str(error), "mend the file; docs/configuration.md has every field")
        for error in each
    ]


def _rules(cfg: RunConfig) -> list[Check]:
    """Registry, and the allocation rules that name its values."""
    from recon.allocation import load_allocation
    from recon.registry import load_registry

    try:
        registry = load_registry(cfg.registry)
        found = [
            Check(
                "registry",
                "ok",
                f"version {registry.version}, {len(registry.keys)} keys, owner {registry.owner}",
            )
        ]
        if cfg.allocation:
            rules = load_allocation(cfg.allocation, registry)
            found.append(Check("allocation", "ok", f"{len(rules.rules)} rules, {len(rules.splits)} splits"))
        return found
    except InputError as wrong:
        return _wrongs("rules", wrong)


def _mask_key(cfg: RunConfig, environ: Mapping[str, str]) -> list[Check]:
    if cfg.mask_key is None:
        return [
            Check("mask key", "note", "none named: masks differ from one store to another", "set mask_key")
        ]
    from recon.config import secret_of

    try:
        secret_of(cfg.mask_key, environ)
    except InputError as unset:
        return [Check("mask key", "wrong", str(unset), "set the variable where tagrecon runs")]
    return [Check("mask key", "ok", "its environment variable is set")]


Format = Callable[[Path], str]


def _source(kind: str, name: str, location: str, format_of: Format) -> Iterator[Check]:
    from connectors.location import list_files

    title = f"{kind} {name}"
    try:
        files = list_files(location, Path())
    except InputError as wrong:
        yield Check(title, "wrong", str(wrong), "name a local file, folder or glob")
        return
    if not files:
        there = "holds no file" if Path(location).is_dir() else "does not exist, or matches nothing"
        yield Check(title, "wrong", f"{location} {there}", "deliver the export there, or mend location")
        return
    kinds: dict[str, int] = {}
    for path in files[:_SNIFFED_FILES]:
        try:
            known = format_of(path)
            kinds[known] = kinds.get(known, 0) + 1
        except DeliveryRefused as refused:
            yield Check(title, "wrong", str(refused), "mend or remove the file; a run would go on without it")
        except OSError as error:
            yield Check(
                title, "wrong", f"{path}: {error.strerror}", "grant read access to the user of the run"
            )
    listed = ", ".join(f"{count} {known}" for known, count in sorted(kinds.items()))
    more = f"; {len(files) - _SNIFFED_FILES} more not looked at" if len(files) > _SNIFFED_FILES else ""
    if kinds:
        yield Check(title, "ok", f"{len(files)} files: {listed}{more}")


def _bill_format(path: Path) -> str:
    from connectors.focus.sniff import sniff
    from recon import focus

    found = sniff(path)
    if found.kind == "csv":
        version = focus.version_of(_focus_names(found.header))
        return f"FOCUS {version} CSV" if version else "CSV that is no FOCUS 1.0 (source defaults may help)"
    if found.kind == "parquet":
        import pyarrow.parquet as pq
        from pyarrow import ArrowInvalid

        try:
            version = focus.version_of(_focus_names(pq.read_schema(path).names))
        except ArrowInvalid:
            raise DeliveryRefused(str(path), "is damaged or cut-off Parquet") from None
        return (
            f"FOCUS {version} Parquet"
            if version
            else "Parquet that is no FOCUS 1.0 (source defaults may help)"
        )
    return "other (skipped)"


def _focus_names(header: Iterable[str]) -> set[str]:
    from recon import focus

    wanted = {name.lower(): name for name in focus.COLUMNS}
    return {wanted.get(name.strip().lower(), name) for name in header}


def _dump_format(path: Path) -> str:
    """By content, from the first bytes only: a dump may be large."""
    with path.open("rb") as file:
        head = file.read(4096)
    if head[:4] == b"PAR1":
        return "Parquet"
    text = head.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if not text:
        raise DeliveryRefused(str(path), "is empty")
    return "JSON" if text[0] in "{[" else "CSV"


def _writable(name: str, folder: Path) -> Check:
    """Whether the folder, or the first one above it that exists, can be written, and has room."""
    standing = next((f for f in (folder, *folder.absolute().parents) if f.exists()), Path("/"))
    if not standing.is_dir():
        return Check(
            name, "wrong", f"{standing} is a file where a folder is needed", "move it, or name another place"
        )
    if not os.access(standing, os.W_OK | os.X_OK):
        return Check(
            name, "wrong", f"{standing} can't be written", "grant write access to the user of the run"
        )
    free = shutil.disk_usage(standing).free
    if free < _SPARE:
        return Check(
            name,
            "note",
            f"{folder}: only {free >> 20} MiB are free",
            "free some room: a run copies the store",
        )
    return Check(name, "ok", f"{folder} can be written" + ("" if standing == folder else " (will be made)"))


def _published(store: Path, output: Path) -> list[Check]:
    """Whether the store and out/latest carry the same run."""
    if not store.exists():
        return [Check("published", "note", "no run yet", "tagrecon run")]
    from recon.export import open_store

    try:
        with open_store(store) as opened:
            rows = opened.ask(
                "SELECT run_id FROM runs WHERE status IN ('ok', 'partial') "
                "ORDER BY started_at DESC, run_id DESC LIMIT 1"
            )
    except InputError as wrong:
        return [Check("published", "wrong", str(wrong), "move the file away and run tagrecon run")]
    latest = output / "latest"
    shown_run = latest.resolve().name if latest.is_symlink() else None
    kept_run = str(rows[0]["run_id"]) if rows else None
    if kept_run == shown_run or _same_figures(store, latest):
        return [
            Check(
                "published",
                "ok",
                f"store and {latest} carry run {kept_run}" if kept_run else "no run was published yet",
            )
        ]
    return [
        Check(
            "published",
            "wrong",
            f"the store carries run {kept_run}, {latest} run {shown_run}",
            "the next tagrecon run mends it",
        ),
    ]


def _same_figures(store: Path, latest: Path) -> bool:
    """A run that found nothing new reports again under an id of its own, and leaves the store as it was."""
    from recon.store.store import Limits, connect, read_meta

    con = connect(store, Limits(memory="256MB"), read_only=True)
    try:
        kept = json.loads(read_meta(con, "summary") or "{}")
        reported = json.loads((latest / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    finally:
        con.close()
    return bool({**kept, "run": None} == {**reported, "run": None})


def _lock(store: Path) -> Check:
    from recon.store.store import StorePaths

    lock = StorePaths(store).lock
    holder = _holder(lock)
    if holder is None:
        return Check("lock", "ok", "no run is going on")
    return Check(
        "lock",
        "note",
        f"held by process {holder}: a run is going on",
        "wait for it; the lock goes with its process",
    )


def _holder(lock: Path) -> str | None:
    """Who holds the lock, from the kernel's own list: asking by taking it could turn a run away."""
    try:
        status = lock.stat()
        listed = Path("/proc/locks").read_text(encoding="ascii")
    except OSError:
        return None
    wanted = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    for line in listed.splitlines():
        fields = line.split()
        if "FLOCK" in fields and "->" not in fields and wanted in fields:
            return fields[4]
    return None


def _extras(connectors: Collection[str]) -> list[Check]:
    """What a configured cloud connector needs installed; the others are listed as absent or there."""
    found = []
    for cloud, module in _CLOUDS.items():
        there = find_spec(module) is not None
        if cloud in connectors and not there:
            found.append(
                Check(
                    f"extra {cloud}",
                    "wrong",
                    "its client library is not installed",
                    f"pip install 'tagrecon[{cloud}]'",
                )
            )
        elif cloud in connectors:
            found.append(Check(f"extra {cloud}", "ok", "installed"))
    return found
