"""Which signals have a say on which verdict, and what did they decide for each open finding?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import duckdb
import polars as pl

from recon.fix.mend import Case, Reader
from recon.fix.ruled import Ruling, action_id, ruled, without_rejected
from recon.suggest.agree import agree
from recon.suggest.ask import ask
from recon.suggest.confidence import confident, load_scores
from recon.suggest.estate import Estate
from recon.suggest.load import known_marks
from recon.suggest.meaning import Mark
from recon.suggest.signals_found import all_signals

# A variant is right after folding: only how it is written is in question. Where two records contradict each other, only what the
# registry demands can say which is right. Every other verdict hears all signals.
HEARD_ON: Mapping[str, tuple[str, ...]] = {
    "variant": ("alias",), "wrong-owner": ("catalogue",), "conflict": ("catalogue",),
}  # fmt: skip
Standing = Literal["proposed", "review", "conflict", "shadow"]


class _Sources(Protocol):
    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...
    @property
    def raw(self) -> Callable[[str], str]: ...


@dataclass(frozen=True)
class Heard:
    """What was decided for one finding. `signal`: who leads, None in a conflict; `rows`: everything that was said; `note`: why a
    person still has to decide, where people have begun to."""

    standing: Standing
    signal: str | None
    confidence: float
    rows: Sequence[Mapping[str, Any]] = field(repr=False)
    note: str = ""

    @property
    def voices(self) -> list[Mapping[str, Any]]:
        """What counts, the leading one first; in a conflict those that contradict each other."""
        loud = [row for row in self.rows if row["mode"] != "shadow"]
        return sorted(loud, key=lambda row: row["state"] != "leading")

    @property
    def values(self) -> list[str]:
        """The decided value; those in question in a conflict; those of shadows where nobody else speaks."""
        if self.standing in ("proposed", "review"):
            return [str(self.voices[0]["value"])]
        return sorted({str(row["value"]) for row in self.voices or self.rows})

    def as_json(self) -> list[dict[str, Any]]:
        """For the evidence of an action."""
        return [
            {
                "signal": row["signal"], "version": row["signal_version"], "value": row["value"],
                "confidence": round(row["confidence"], 4), "says": row["evidence"],
            }
            for row in self.voices
        ]  # fmt: skip


def hear(
    ctx: _Sources,
    estate: Estate,
    cases: Sequence[Case],
    modes: Mapping[str, str],
    mark: Mark | None,
    rulings: Mapping[str, Ruling],
) -> Iterator[tuple[Case, Heard]]:
    """Each case of which any signal says anything, or people have, with the decision on it. `rulings`: action id → what people
    decided."""
    asked = _asked(estate, cases)
    off = [name for name, mode in modes.items() if mode == "off"]
    said = ask(estate, asked, all_signals(), ctx.raw, mark or known_marks(ctx.con, ctx.raw), off)
    heard = confident(said, load_scores(ctx.con), modes)
    known = {n: rulings[own] for n, case in enumerate(cases) if (own := action_id(case)) in rulings}
    places = (
        asked.filter(pl.col("case_no").is_in(list(known))).select("case_no", "item_no", "key").iter_rows()
    )
    heard = without_rejected(heard, [(n, key, value) for c, n, key in places for value in known[c].rejected])
    least = {name: float(key.fixes.least_confidence) for name, key in estate.rules.keys.items()}
    decided: dict[tuple[int, str, str], Heard] = {}
    for verdict in sorted({case.verdict for case in cases}):
        pairs = asked.filter(pl.col("verdict") == verdict).select("item_no", "key").unique()
        allowed = HEARD_ON.get(verdict)
        rows = heard.join(pairs, on=["item_no", "key"], how="semi")
        agreed = agree(rows.filter(pl.col("signal").is_in(list(allowed))) if allowed else rows, least)
        parts = agreed.rows.partition_by("item_no", "key", as_dict=True)
        leads = {(n, key): rest for n, key, *rest in agreed.decided.iter_rows()}
        for (n, key), part in parts.items():
            decided[n, key, verdict] = _heard(leads.get((n, key)), part.to_dicts())
    for case_no, n, key, verdict in asked.select("case_no", "item_no", "key", "verdict").iter_rows():
        case, found, ruling = cases[case_no], decided.get((n, key, verdict)), known.get(case_no)
        if ruling is not None:
            found = ruled(found, ruling, ruling.leads(case, Reader(estate.rules, ctx.raw)))
        if found is not None:
            yield case, found


def _heard(lead: list[Any] | None, rows: list[dict[str, Any]]) -> Heard:
    if lead is None:
        return Heard("shadow", None, 0.0, rows)
    _, signal, confidence, standing = lead
    return Heard(standing, signal, 0.0 if standing == "conflict" else confidence, rows)


def _asked(estate: Estate, cases: Sequence[Case]) -> pl.DataFrame:
    """case_no, item_no, key, verdict of the cases whose resource the estate knows."""
    rows = [(n, c.provider_id, c.resource_id, c.key, c.verdict) for n, c in enumerate(cases)]
    schema = {
        "case_no": pl.Int64, "provider_id": pl.String, "resource_id": pl.String, "key": pl.String, "verdict": pl.String,
    }  # fmt: skip
    items = estate.items.group_by("provider_id", "resource_id").agg(pl.col("item_no").min())
    found = pl.DataFrame(rows, schema=schema, orient="row").join(items, on=["provider_id", "resource_id"])
    return found.sort("case_no")
