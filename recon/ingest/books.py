"""For each period of a billing account: which files should be in force, and which are?

Declarative: the desired set of files per provider × billing account × period follows from what lies at the
sources now; what differs from the set in force is rebuilt as a whole, or held with a reason. An unreadable
delivery leaves the earlier one in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

Group = tuple[str, str, str]  # billing period, provider id, billing account id


@dataclass(frozen=True)
class SourceRule:
    """How a source wants several files of one period read: None asks, else parts, newest, or a glob to prefer."""

    name: str
    files: str | None = None
    prefer: str | None = None
    rank: int | None = None


@dataclass(frozen=True)
class Delivered:
    """A readable file of now: its number, source, path, age and the rows it has in each group."""

    file_no: int
    source: str
    path: Path
    name: str
    mtime_ns: int
    rows: Mapping[Group, int]


@dataclass(frozen=True)
class Held:
    """A group that is not rebuilt, and why; `files` are the paths named to the user."""

    group: Group
    reason: str
    files: tuple[str, ...]


def desired(
    files: list[Delivered], rules: Mapping[str, SourceRule]
) -> tuple[dict[Group, list[Delivered]], list[Held]]:
    """Per group the files that count, after each source's own choice and the ranking between sources."""
    by_group: dict[Group, dict[str, list[Delivered]]] = defaultdict(lambda: defaultdict(list))
    for file in files:
        for group in file.rows:
            by_group[group][file.source].append(file)
    wanted: dict[Group, list[Delivered]] = {}
    held: list[Held] = []
    for group, by_source in by_group.items():
        chosen = {source: _choose(found, rules[source]) for source, found in by_source.items()}
        winner = _rank(chosen, rules)
        if winner is None:
            names = tuple(sorted(f"{s}: {f.name}" for s, fs in chosen.items() for f in fs))
            reason = (
                f"two sources cover {'/'.join(group)}: {', '.join(sorted(chosen))}. "
                "Give each a `rank:` (the lowest counts), or remove one"
            )
            held.append(Held(group, reason, names))
        else:
            wanted[group] = sorted(chosen[winner], key=lambda f: f.name)
    return wanted, held


def _choose(files: list[Delivered], rule: SourceRule) -> list[Delivered]:
    if rule.prefer:
        preferred = [
            f for f in files if fnmatchcase(f.path.name, rule.prefer) or fnmatchcase(str(f.path), rule.prefer)
        ]
        return preferred or files
    if rule.files == "newest":
        return [max(files, key=lambda f: (f.mtime_ns, f.name))]
    return files


def _rank(chosen: Mapping[str, list[Delivered]], rules: Mapping[str, SourceRule]) -> str | None:
    if len(chosen) == 1:
        return next(iter(chosen))
    ranks = {source: rules[source].rank for source in chosen}
    values = [r for r in ranks.values() if r is not None]
    if len(values) < len(ranks) or len(set(values)) < len(values):
        return None
    return min(ranks, key=lambda s: ranks[s] or 0)
