"""What did each reviewer say, and when? Decisions are events of kind `review` in the audit log; here they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from recon.fix.log import Event

Kind = Literal["accept", "reject", "correct", "defer"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WHAT = "review"  # the kind of event


@dataclass(frozen=True)
class Decision:
    """One word of one reviewer on one suggestion.

    `value`: accepted, rejected or corrected to, as published; `until`: first day (`YYYY-MM-DD`) on which a deferred one is asked
    again; `suggested`: {signal, version, value, confidence} of all that was said then; `before`: raw key → value of the key then."""

    n: int
    at: str
    by: str
    action: str
    provider_id: str
    account_id: str | None
    resource_id: str
    key: str
    kind: Kind
    value: str | None = field(default=None, repr=False)
    until: str | None = None
    comment: str = field(default="", repr=False)
    adjudicates: bool = False
    suggested: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    before: Mapping[str, str] | None = field(default=None, repr=False)

    @property
    def word(self) -> tuple[str, str | None, str | None]:
        """What is compared between reviewers: decision and value (of a deferral: its day)."""
        return self.kind, self.value, self.until

    def expired(self, day: str) -> bool:
        """Whether it only put the suggestion off, until a day that has come."""
        return self.kind == "defer" and (self.until or "") <= day

    def detail(self) -> dict[str, Any]:
        """What the event holds beside subject, reviewer and time."""
        said = {
            "decision": self.kind, "value": self.value, "comment": self.comment,
            "provider": self.provider_id, "account": self.account_id, "resource": self.resource_id, "key": self.key,
            "suggested": [dict(each) for each in self.suggested],
            "before": None if self.before is None else dict(self.before),
        }  # fmt: skip
        return {
            **said,
            **({"until": self.until} if self.until else {}),
            **({"adjudicates": True} if self.adjudicates else {}),
        }


def decisions(events: Iterable[Event]) -> list[Decision]:
    """All decisions, in the order of the log."""
    return [
        _decision(event) for event in events if event.what == WHAT and event.detail.get("decision") in KINDS
    ]


def _decision(event: Event) -> Decision:
    said = event.detail
    before = said.get("before")
    return Decision(
        event.n, event.at, event.who, event.subject, str(said.get("provider", "")), said.get("account"),
        str(said.get("resource", "")), str(said.get("key", "")), said["decision"], said.get("value"), said.get("until"),
        str(said.get("comment", "")), bool(said.get("adjudicates")), tuple(said.get("suggested", ())),
        None if before is None else dict(before),
    )  # fmt: skip
