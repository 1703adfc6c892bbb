"""In which order are pools divided, so that each is full before it is? And which pay each other in a circle?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from recon.allocation.split_model import Split

FIRST = "0001-01"
"""Before every billing period."""


def stages(splits: Iterable[Split]) -> list[tuple[Split, ...]]:
    """The splits of one period, each stage after those that pay into it. A stage is one split, or all those that pay
    each other in a circle, by source. The order of the input does not matter.

    A split that pays all owners pays those too whose own cost is passed on by another split.
    """
    by_source = {split.source: split for split in sorted(splits, key=lambda s: s.source)}
    pays = {source: paid_sources(split, by_source) for source, split in by_source.items()}
    return [tuple(by_source[source] for source in sorted(group)) for group in _components(pays)]


def paid_sources(split: Split, sources: Iterable[str]) -> list[str]:
    """Those of `sources` that may get something from the split, sorted."""
    named = set(split.accounts())
    return sorted(
        s for s in sources if s in named or (split.pays_all and s.startswith("owner:") and s != split.source)
    )


def in_circle(stage: tuple[Split, ...]) -> bool:
    """Whether the stage's splits pay each other, or one pays itself."""
    return len(stage) > 1 or stage[0].source in set(stage[0].accounts())


def epochs(splits: Iterable[Split]) -> list[str]:
    """A month of each stretch of time within which the same splits are in force."""
    starts = {FIRST}
    for split in splits:
        starts |= {split.from_period or FIRST, _after(split.to_period) if split.to_period else FIRST}
    return sorted(starts)


def _after(period: str) -> str:
    months = int(period[:4]) * 12 + int(period[5:7])
    return f"{months // 12:04}-{months % 12 + 1:02}"


def _components(pays: Mapping[str, list[str]]) -> list[list[str]]:
    """Strongly connected components (Tarjan, without recursion), payers first."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: list[str] = []
    found: list[list[str]] = []
    for root in pays:
        if root in number:
            continue
        walk = [(root, iter(pays[root]))]
        number[root] = low[root] = len(number)
        open_.append(root)
        while walk:
            node, rest = walk[-1]
            step = next(rest, None)
            if step is None:
                walk.pop()
                if walk:
                    low[walk[-1][0]] = min(low[walk[-1][0]], low[node])
                if low[node] == number[node]:
                    at = open_.index(node)
                    found.append(open_[at:])
                    del open_[at:]
            elif step not in number:
                number[step] = low[step] = len(number)
                open_.append(step)
                walk.append((step, iter(pays[step])))
            elif step in open_:
                low[node] = min(low[node], number[step])
    return found[::-1]
