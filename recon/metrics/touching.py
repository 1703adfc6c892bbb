"""Which gaps touch a figure? Those of its provider, account and period; a limitation is no gap."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recon.model import Gap

_PERIOD = re.compile(r"\d{4}-\d{2}")


def touching(gaps: Sequence[Gap], period: str | None, scope: str, providers: Mapping[str, str]) -> list[str]:
    """Ids, sorted, of the gaps that touch a figure of `period` (None: of now) and `scope` as in coverage.

    `providers`: account → provider id. A gap without provider may be anywhere, so it touches everything of its
    periods; one that names no period touches them all.
    """
    return sorted(
        {
            g.gap_id
            for g in gaps
            if not g.limitation and _in_period(g, period) and _in_scope(g, scope, providers)
        }
    )


def _in_period(gap: Gap, period: str | None) -> bool:
    named = [name for name in gap.touched if _PERIOD.fullmatch(name)]
    return period is None or not named or period in named


def _in_scope(gap: Gap, scope: str, providers: Mapping[str, str]) -> bool:
    kind, _, name = scope.partition(":")
    if gap.provider is None or kind not in ("provider", "account"):
        return True
    if kind == "provider":
        return gap.provider == name
    accounts = [touched for touched in gap.touched if touched in providers]
    return name in gap.touched if accounts else gap.provider == providers.get(name)
