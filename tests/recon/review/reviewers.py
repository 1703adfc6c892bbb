"""Decisions of a few reviewers, small proposals, and a bench to decide at."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from recon.fix.plan import COLUMNS, SUGGESTIONS
from recon.registry import Registry, in_force, load_registry
from recon.review.deciding import Bench
from recon.review.decision import Decision
from recon.review.matters import Matter
from recon.review.queue import Candidate, Item

TODAY = dt.date(2026, 11, 3)
REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center:
    aliases: [CostCenter]
    values: {list: [payments, search, data-platform]}
    value_aliases: {payments: [pay]}
  environment: {values: {list: [prod, test]}, fixes: {reviewers: 2}}
  contact: {sensitivity: personal, values: {list: [ann@example.com, ben@example.com]}}
  note: {values: {pattern: '.+'}}
"""


def registry_of(folder: Path, text: str = REGISTRY) -> Registry:
    (folder / "registry.yaml").write_text(text, encoding="utf-8")
    return load_registry(folder / "registry.yaml")


def said(
    n: int, by: str, kind: Any = "accept", value: str | None = "payments", action: str = "a1", **more: Any
) -> Decision:
    """The n-th word; each is said on the n-th of November."""
    place = {"provider_id": "aws", "account_id": "1", "resource_id": "r-1", "key": "environment"}
    told = {**place, **{name: more.pop(name) for name in tuple(place) if name in more}}
    return Decision(n, f"2026-11-{n:02}T06:00:00.000000Z", by, action, **told, kind=kind, value=value, **more)


def voice(
    signal: str, value: str, confidence: float = 0.7, state: str | None = "leading", mode: str = "on"
) -> Candidate:
    return Candidate(signal, "1", value, confidence, mode, state, f"{signal} says so.")


def item(
    own: str = "a1", value: str | None = "payments", voices: Sequence[Candidate] | None = None, key: str = "cost-center",
    effective: str | None = "100", currency: str | None = "USD", confidence: float = 0.7, **more: Any,
) -> Item:  # fmt: skip
    spoken = tuple([voice("siblings", value or "payments", confidence)] if voices is None else voices)
    amount = None if effective is None else Decimal(effective)
    return Item(
        own, "aws", "1", f"r-{own}", key, "untagged", "review", "why", value, confidence, spoken, None,
        currency, amount, amount, **{"tags": {}, "before": {}, **more},
    )  # fmt: skip


CONFLICT = (voice("siblings", "payments", 0.8, "conflict"), voice("creator", "search", 0.75, "conflict"))


def bench(
    registry: Registry, by: str = "ana", known: Mapping[str, Matter] | None = None, adjudicate: bool = False,
    masks: Mapping[str, str] | None = None,
) -> Bench:  # fmt: skip
    """`masks`: mark → byte-exact value; values of sensitive keys are published as their marks."""
    behind = dict(masks or {})

    def publish(provider: str, key: str, value: str) -> str:
        marks = {raw: mark for mark, raw in behind.items()}
        return marks[value] if registry.keys[key].sensitivity == "personal" else value

    return Bench(
        by,
        in_force(registry, TODAY),
        TODAY,
        known or {},
        lambda text: behind.get(text, text),
        publish,
        adjudicate,
    )


def actions_of(*rows: Mapping[str, Any]) -> pl.DataFrame:
    plain = {
        "provider_id": "aws", "account_id": "1", "resource_id": "r", "key": "cost-center", "raw_key": "cost-center", "before_value": None,
        "after_value": "payments", "verdict": "untagged", "reason": "why", "evidence": json.dumps({"state": None}), "confidence": 0.5,
        "owner": None, "currency": "USD", "billed_recovered": None, "effective_recovered": None, "status": "review",
    }  # fmt: skip
    return pl.DataFrame([{**plain, **row} for row in rows], schema=COLUMNS)


def suggestions_of(*rows: Mapping[str, Any]) -> pl.DataFrame:
    plain = {
        "signal": "siblings", "signal_version": "1", "value": "payments", "score": 0.9, "confidence": 0.5, "mode": "on",
        "state": "leading", "evidence": "says so",
    }  # fmt: skip
    schema = {"action_id": pl.String, **SUGGESTIONS}
    return pl.DataFrame([{**plain, **row} for row in rows], schema=schema)
