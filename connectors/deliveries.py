"""Which of the files at a location count, when manifests say which delivery is the newest?

Exports are written again and again, old executions stay beside new ones, and a folder may hold half of a
delivery. Where a manifest lies there, the files that the newest one of its series names are the delivery, and
other files in the same folders are left out. Files that no manifest speaks of are taken as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from connectors.bill.manifest import Manifest
from recon.deliveries import Located
from recon.errors import Unreachable
from recon.ingest.source import Delivery

_MAX_MANIFEST = 32 << 20  # a year of hourly parts is far below this
ReadManifest = Callable[[str, str], Manifest | None]


@dataclass(frozen=True)
class Selection:
    """`files` count, as parts of the deliveries in `parts` (by key) or each for itself; `left_out` do not.
    `deliveries`: those that count, also where none of their files is there; `replaced`: key of a file -> the delivery
    that took its place; `broken`: manifest and reason of a newer delivery that is not whole, so that the one before
    it counts."""

    files: tuple[Located, ...]
    parts: Mapping[str, Delivery] = field(default_factory=dict)
    left_out: tuple[tuple[Located, str], ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    replaced: Mapping[str, str] = field(default_factory=dict)
    broken: tuple[tuple[Located, str], ...] = ()


@dataclass(frozen=True)
class _Found:
    manifest: Manifest
    located: Located
    files: tuple[Located, ...]
    missing: tuple[str, ...]

    @property
    def age(self) -> tuple[bool, str, int, str]:
        """What the newest manifest has most of. The copy above the delivery's own folder is always of the
        latest delivery; what the manifest says of its time counts before when it was copied."""
        above = self.manifest.delivery not in PurePosixPath(self.manifest.key).parts
        return (above, self.manifest.written, self.located.mtime_ns, self.manifest.key)


def select(files: Sequence[Located], readers: Iterable[ReadManifest]) -> Selection:
    """The files of a location that count. Manifests are recognized by content; each is read once."""
    listed = [f for f in files if not _beside(f)]
    beside = tuple((f, "written beside a report, holds no bill lines") for f in files if _beside(f))
    readers = tuple(readers)
    manifests = [(m, f) for f in listed if _may_be_manifest(f) and (m := _read(f, readers))]
    if not manifests:
        return Selection(tuple(listed), left_out=beside)
    series: dict[str, list[_Found]] = defaultdict(list)
    data = [f for f in listed if not any(f is found for _, found in manifests)]
    for manifest, located in manifests:
        series[manifest.series].append(_with_files(manifest, located, data))
    newest = {name: _newest_whole(found) for name, found in series.items()}
    parts: dict[str, Delivery] = {}
    deliveries = []
    for found in newest.values():
        m = found.manifest
        deliveries.append(Delivery(m.delivery, m.rows, found.missing, m.view))
        parts |= {file.key: deliveries[-1] for file in found.files}
    out = {f.key: why for f in data if f.key not in parts and (why := _replaced(f, newest, series))}
    return Selection(
        tuple(f for f in data if f.key not in out),
        parts,
        (*((f, out[f.key][1]) for f in data if f.key in out), *beside),
        tuple(deliveries),
        {key: delivery for key, (delivery, _) in out.items()},
        tuple(each for name, found in newest.items() for each in _broken(found, series[name])),
    )


def _newest_whole(found: list[_Found]) -> _Found:
    """The newest delivery of a series all of whose files are there; the newest of all where none is whole."""
    by_age = sorted(found, key=lambda f: f.age, reverse=True)
    return next((f for f in by_age if not f.missing), by_age[0])


def _broken(counts: _Found, found: list[_Found]) -> Iterator[tuple[Located, str]]:
    for newer in sorted((f for f in found if f.age > counts.age), key=lambda f: f.age):
        if newer.manifest.delivery != counts.manifest.delivery:
            yield (
                newer.located,
                f"delivery {newer.manifest.delivery} is not whole: its manifest names {', '.join(newer.missing[:3])}, which "
                f"is not there. Delivery {counts.manifest.delivery} before it counts until it is",
            )


def _beside(file: Located) -> bool:
    """What AWS writes beside Parquet reports for Athena: table definitions and a table that says READY. They are
    known by name, because a file of SQL has no columns to know it by; a bill is never called so."""
    name = PurePosixPath(file.key).name.lower()
    status = "cost_and_usage_data_status" in PurePosixPath(file.key).parts
    return status or name.endswith(("-create-table.sql", "crawler-cfn.yml"))


def _may_be_manifest(file: Located) -> bool:
    return file.key.lower().endswith(".json") and 0 < file.size <= _MAX_MANIFEST


def _read(file: Located, readers: tuple[ReadManifest, ...]) -> Manifest | None:
    try:
        text = file.fetch().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError, Unreachable):
        return None  # whoever opens it as a bill says why it can't be read
    if not text.lstrip().startswith("{"):
        return None
    return next((m for read in readers if (m := read(text, file.key))), None)


def _with_files(manifest: Manifest, located: Located, data: list[Located]) -> _Found:
    found, missing = [], []
    for path in manifest.files:
        match = next((f for f in data if _same(f.key, _tail(path))), None)
        if match is None:
            missing.append(path)
        else:
            found.append(match)
    return _Found(manifest, located, tuple(found), tuple(missing))


def _tail(path: str) -> str:
    """The key that a manifest's path means: without scheme, bucket and leading slashes."""
    scheme, mark, rest = path.partition("://")
    return (rest.partition("/")[2] if mark else scheme).strip("/")


def _same(key: str, path: str) -> bool:
    """One is the other's end, whole parts only: a location may begin above or below the export's own prefix."""
    mine, its = PurePosixPath(key).parts, PurePosixPath(path).parts
    short = min(len(mine), len(its))
    return short > 0 and mine[-short:] == its[-short:]


def _replaced(
    file: Located, newest: Mapping[str, _Found], series: Mapping[str, list[_Found]]
) -> tuple[str, str] | None:
    """By which delivery, and why, a file that it does not name does not count; None where no manifest speaks of
    its folder."""
    for name, found in newest.items():
        m = found.manifest
        if any(file in other.files and other.age > found.age for other in series[name]):
            return m.delivery, f"part of a delivery that is not whole: {m.delivery} before it counts"
        if any(file in old.files for old in series[name]):
            return m.delivery, f"replaced by delivery {m.delivery} ({m.key})"
        if any(PurePosixPath(file.key).is_relative_to(folder) for folder in _folders(found)):
            return m.delivery, f"not named by the newest manifest ({m.key}): left from an earlier delivery"
    return None


def _folders(found: _Found) -> set[PurePosixPath]:
    """The folders that belong to this delivery and its predecessors."""
    folders = set()
    for file in found.files:
        folder = PurePosixPath(file.key).parent
        folders.add(folder.parent if folder.name == found.manifest.delivery else folder)
    return folders - {PurePosixPath()}
