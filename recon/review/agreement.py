"""Do reviewers agree more than chance would make them? Cohen's kappa, exactly.

Source: J. Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960):
kappa = (p_o - p_e) / (1 - p_e), where p_o is the share of items on which both say the same, and p_e the sum over categories of the
product of both reviewers' shares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from recon.review.decision import Decision


@dataclass(frozen=True)
class Agreement:
    """Of two reviewers on one key (`key` "": all keys). `items` that both decided; `same`: on which they said the same."""

    first: str
    second: str
    key: str
    items: int
    same: int
    kappa: Fraction | None


def cohen_kappa(pairs: Sequence[tuple[Hashable, Hashable]]) -> Fraction | None:
    """Kappa of (one's category, the other's category) per item; None where it is undefined: no item, or one category only."""
    if not pairs:
        return None
    n = len(pairs)
    ones, others = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    observed = Fraction(sum(one == other for one, other in pairs), n)
    by_chance = sum((Fraction(count * others[name], n * n) for name, count in ones.items()), Fraction(0))
    return None if by_chance == 1 else (observed - by_chance) / (1 - by_chance)


def agreements(found: Iterable[Decision]) -> list[Agreement]:
    """Per pair of reviewers over all keys, then per key; of each reviewer's newest decision per suggestion. Adjudications are no second
    opinion and don't count."""
    newest: dict[str, dict[str, Decision]] = {}
    for each in found:
        if not each.adjudicates:
            newest.setdefault(each.by, {})[each.action] = each
    rows = []
    for one, other in combinations(sorted(newest), 2):
        both = sorted(newest[one].keys() & newest[other].keys())
        keys = sorted({newest[one][action].key for action in both})
        for key in ["", *keys] if both else []:
            pairs = [
                (newest[one][a].word, newest[other][a].word) for a in both if key in ("", newest[one][a].key)
            ]
            same = sum(a == b for a, b in pairs)
            rows.append(Agreement(one, other, key, len(pairs), same, cohen_kappa(pairs)))
    return rows
