"""For each period of a billing account: which files should be in force, and which are?

Declarative: the desired set of files per provider × billing account × period follows from what lies at the
sources now; what differs from the set in force is rebuilt as a whole, or held with a reason. An unreadable
delivery leaves the earlier one in force.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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
    """A readable file of now: its number, source, path, age and the rows it has in each group. `view`: see
    `Lines.view`; `delivery`: files with the same one are parts of one delivery; `counts`: which of its two
    costs count in a group (`both`, `billed`, `effective`); `where`: its whole path or URL."""

    file_no: int
    source: str
    path: Callable[[], Path]
    name: str
    mtime_ns: int
    rows: Mapping[Group, int]
    view: str = "both"
    delivery: str | None = None
    counts: str = "both"
    where: str = ""


@dataclass(frozen=True)
class Held:
    """A group that is not rebuilt, and why; `files` are the paths named to the user."""

    group: Group
    reason: str
    files: tuple[str, ...]


def desired(
    files: list[Delivered], rules: Mapping[str, SourceRule], broken: Mapping[str, str]
) -> tuple[dict[Group, list[Delivered]], list[Held]]:
    """Per group the files that count, after each source's own choice and the ranking between sources.

    Actual and amortized exports of one period are two views of the same money: where both lie there, the first
    gives the billed and the second the effective cost, and neither is added to the other. `broken`: delivery
    that is not whole, and why; its periods keep what they had.
    """
    by_group: dict[Group, list[Delivered]] = defaultdict(list)
    for file in files:
        for group in file.rows:
            by_group[group].append(file)
    wanted: dict[Group, list[Delivered]] = {}
    held: list[Held] = []
    for group, found in by_group.items():
        cut = [f for f in found if f.delivery in broken]
        if cut:
            held.append(Held(group, broken[str(cut[0].delivery)], tuple(sorted(f.name for f in cut))))
            continue
        amortized = [f for f in found if f.view == "effective"]
        actual = [f for f in found if f.view != "effective"]
        unsaid = [f for f in actual if f.view == "both"]
        if amortized and unsaid:
            held.append(Held(group, _unsaid(unsaid[0], amortized[0]), tuple(sorted(f.name for f in unsaid))))
            continue
        sides = (("billed", actual), ("effective", amortized)) if actual and amortized else (("both", found),)
        chosen: list[Delivered] = []
        for counts, side in sides:
            winner = _one_source(side, rules)
            if isinstance(winner, list):
                chosen += [replace(f, counts=counts) for f in winner]
            else:
                held.append(
                    Held(
                        group,
                        f"two sources cover {'/'.join(group)}: {winner}. Give each a `rank:` (the "
                        "lowest counts), or remove one",
                        tuple(sorted(f"{f.source}: {f.name}" for f in side)),
                    )
                )
                break
        else:
            wanted[group] = sorted(chosen, key=lambda f: f.name)
    return wanted, held


def _unsaid(plain: Delivered, amortized: Delivered) -> str:
    return (
        f"{amortized.name} holds amortized costs, and {plain.name} does not say whether its costs are actual or amortized: "
        "keep the export's manifest beside it, or give it a source of its own with `costs: actual` or `costs: amortized`"
    )


def _one_source(files: list[Delivered], rules: Mapping[str, SourceRule]) -> list[Delivered] | str:
    """The files of the one source that counts; or the names of the sources that nobody ranked."""
    by_source: dict[str, list[Delivered]] = defaultdict(list)
    for file in files:
        by_source[file.source].append(file)
    chosen = {source: _choose(found, rules[source]) for source, found in by_source.items()}
    winner = _rank(chosen, rules)
    return ", ".join(sorted(chosen)) if winner is None else chosen[winner]


def _choose(files: list[Delivered], rule: SourceRule) -> list[Delivered]:
    if rule.prefer:
        preferred = [
            f
            for f in files
            if any(fnmatchcase(text, rule.prefer) for text in (f.name.rpartition("/")[2], f.name, f.where))
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
