"""What does a person's word change about what the signals say of a resource and key?

A value that people decided on leads over every signal; one that they rejected is not said again; what they have put off, or not
agreed on yet, is held back. A decision was made about the tags of then: where the key says otherwise now, it leads no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import polars as pl

from recon.fix.mend import Case, Reader
from recon.model import short_id

if TYPE_CHECKING:
    from recon.fix.verdict_signals import Heard

REVIEWED, VERSION = "reviewed", "1"  # the signal that stands for people
LONGEST_SEEN = 512  # characters of a value that are compared


@dataclass(frozen=True)
class Ruling:
    """What people decided. `value`: as published, None: no value; `rejected`: values that are not to be said; `waits`: why a
    person still has to say something, "" where nobody has; `says`: who decided, in a sentence; `before`: raw key → value of the
    key when it was decided, None: not known."""

    value: str | None = field(default=None, repr=False)
    rejected: frozenset[str] = field(default=frozenset(), repr=False)
    waits: str = ""
    says: str = ""
    before: Mapping[str, str] | None = field(default=None, repr=False)

    def leads(self, case: Case, reader: Reader) -> bool:
        """Whether the decided value still holds: the key says on the resource what it said when it was decided."""
        if self.value is None or self.before is None or case.live is None:
            return self.value is not None
        return self.before == before_of(reader.spellings(case))


def action_id(case: Case) -> str:
    """The id of the action that a case would give."""
    return short_id("fix", case.provider_id, case.account_id, case.resource_id, case.key)


def before_of(spellings: Mapping[str, str]) -> dict[str, str]:
    """What a key says, as it is compared later."""
    return {k: v if len(v) <= LONGEST_SEEN else f"{v[:LONGEST_SEEN]}…" for k, v in sorted(spellings.items())}


def without_rejected(heard: pl.DataFrame, rejected: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """What was heard, less (item_no, key, value) that people rejected."""
    schema = {"item_no": pl.Int64, "key": pl.String, "value": pl.String}
    gone = pl.DataFrame(list(rejected), schema=schema, orient="row")
    return heard.join(gone, on=["item_no", "key", "value"], how="anti", maintain_order="left")


def ruled(heard: Heard | None, ruling: Ruling, leads: bool) -> Heard | None:
    """What was heard, as the ruling changes it. `leads`: whether its value holds."""
    from recon.fix.verdict_signals import Heard

    if ruling.waits:
        if heard is None or heard.standing == "shadow":
            return heard
        return replace(
            heard, standing="conflict" if heard.standing == "conflict" else "review", note=ruling.waits
        )
    if not leads:
        return heard
    said = [_beside(row, str(ruling.value)) for row in (heard.rows if heard else ())]
    return Heard("proposed", REVIEWED, 1.0, [_reviewed(ruling), *said])


def _reviewed(ruling: Ruling) -> dict[str, Any]:
    return {
        "signal": REVIEWED, "signal_version": VERSION, "value": ruling.value, "score": 1.0, "confidence": 1.0, "mode": "on",
        "state": "leading", "evidence": ruling.says,
    }  # fmt: skip


def _beside(row: Mapping[str, Any], value: str) -> dict[str, Any]:
    return {**row, "state": "agrees" if row["value"] == value else "conflict"}
