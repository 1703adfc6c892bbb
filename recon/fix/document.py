"""How does a fix plan read as a file? YAML that a person can review and diff: the same plan, the same bytes.

Written line by line, every text quoted: tag values are hostile, and a plan must say exactly what it says.
"""

from __future__ import annotations

import json
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

SCHEMA = "tagrecon.fix-plan/1"
_HARMFUL = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
_INTRODUCTION = """\
# What would mend the open findings. A dry run: nothing was written, and this version writes nothing.
# Per action: before -> after of each raw key, why, what was seen, how sure, and the newest period's money
# that would be where it belongs. A value shown as masked:... stands for the sensitive value with that mark.
"""


MOST = 2_000  # actions listed in one plan


@dataclass(frozen=True)
class PlanHeader:
    """What a plan says of itself. `planned_at`: `YYYY-MM-DDTHH:MM:SSZ`."""

    run_id: str
    config_hash: str
    registry_version: str
    planned_at: str


@dataclass(frozen=True)
class Step:
    """Something to do that is no tag: what, why, for which billing account and key, and its money."""

    provider_id: str
    billing_account_id: str
    key: str
    what: str
    why: str
    owner: str | None
    currency: str | None
    billed: Decimal | None
    effective: Decimal | None


def write_plan(
    path: Path, actions: pl.DataFrame, header: PlanHeader, steps: Sequence[Step] = (), most: int = MOST
) -> None:
    """Write fix-plan.yaml. `actions`: rows as in `base.fix_action`; `not-possible` ones stand apart. Of more
    than `most` actions those that recover the most EffectiveCost are listed and the others counted: nobody
    reviews a file of fifty megabytes, and all of them stand in `csv/fixes.csv`."""
    rows = list(actions.iter_rows(named=True))
    possible = [row for row in rows if row["status"] != "not-possible"]
    refused = [row for row in rows if row["status"] == "not-possible"]
    dearest = sorted(possible, key=lambda row: (-(row["effective_recovered"] or 0), row["action_id"]))[:most]
    listed = {row["action_id"] for row in dearest}
    parts = [
        _INTRODUCTION, *_head(header, possible, refused, steps),
        f"left_out: {len(possible) - len(listed)}  # actions that recover less; all are in csv/fixes.csv\n",
        *_list("actions", (_action(row) for row in possible if row["action_id"] in listed)),
        *_list("other_steps", map(_step, steps)),
        *_list("not_possible", map(_refused, refused[:most])),
    ]  # fmt: skip
    path.write_text("".join(parts), encoding="utf-8", newline="\n")


def level(confidence: float) -> str:
    """A confidence in a word: high, medium, low."""
    return "high" if confidence >= 0.9 else "medium" if confidence >= 0.6 else "low"


def quoted(text: str) -> str:
    """Text as a double-quoted YAML scalar: one line, everything that could mislead an eye escaped."""
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if unicodedata.category(char) not in _HARMFUL:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _head(
    header: PlanHeader, possible: list[dict[str, Any]], refused: list[dict[str, Any]], steps: Sequence[Step]
) -> Iterator[str]:
    yield f'schema: {quoted(SCHEMA)}\nmode: "dry-run"\nhow_to_approve: "a later version"\n'
    yield f"run_id: {quoted(header.run_id)}\nplanned_at: {quoted(header.planned_at)}\n"
    yield f"config_hash: {quoted(header.config_hash)}\nregistry_version: {quoted(header.registry_version)}\n"
    yield f"counts: {{actions: {len(possible)}, other_steps: {len(steps)}, not_possible: {len(refused)}}}\n"
    verdicts = Counter(str(row["verdict"]) for row in possible)
    yield f"by_verdict: {{{', '.join(f'{v}: {n}' for v, n in sorted(verdicts.items()))}}}\n"
    yield from _list("recovered", map(_money, _recovered(possible)))


def _recovered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Money per currency; amounts of two currencies are never added."""
    sums: dict[str, tuple[Decimal, Decimal]] = {}
    for row in rows:
        if row["currency"] is not None:
            billed, effective = sums.get(row["currency"], (Decimal(0), Decimal(0)))
            sums[row["currency"]] = (billed + row["billed_recovered"], effective + row["effective_recovered"])
    names = ("currency", "billed_recovered", "effective_recovered")
    return [dict(zip(names, (currency, *sums[currency]), strict=True)) for currency in sorted(sums)]


def _list(name: str, items: Iterator[list[str]]) -> Iterator[str]:
    listed = list(items)
    yield f"{name}:\n" if listed else f"{name}: []\n"
    for first, *rest in listed:
        yield f"  - {first}\n"
        yield from (f"    {line}\n" for line in rest)


def _action(row: Mapping[str, Any]) -> list[str]:
    told = json.loads(row["evidence"])
    seen = told.get("state")
    return [
        f"id: {quoted(row['action_id'])}",
        *_place(row),
        "changes:",
        *(f"  - {{{_change(change)}}}" for change in told["changes"]),
        f"verdict: {row['verdict']}",
        f"why: {quoted(row['reason'])}",
        f"evidence: {quoted(told['says'])}",
        f"finding: {quoted(told['because'])}",
        f"confidence: {row['confidence']:.2f}  # {level(row['confidence'])}",
        f"owner: {_or_null(row['owner'])}",
        f"recovers: {{{', '.join(_money(row))}}}",
        *(["state_seen: null  # not read"] if seen is None else _state(seen, told["state_id"])),
    ]


def _place(row: Mapping[str, Any]) -> list[str]:
    names = {"provider": "provider_id", "account": "account_id", "resource": "resource_id", "key": "key"}
    return [f"{name}: {_or_null(row[column])}" for name, column in names.items()]


def _change(change: Mapping[str, str | None]) -> str:
    return ", ".join(f"{name}: {_or_null(change[name])}" for name in ("raw_key", "before", "after"))


def _state(seen: Mapping[str, str], state_id: str) -> list[str]:
    if not seen:
        return [f"state_id: {quoted(state_id)}", "state_seen: {}"]
    return [
        f"state_id: {quoted(state_id)}",
        "state_seen:",
        *(f"  {quoted(key)}: {quoted(value)}" for key, value in sorted(seen.items())),
    ]


def _step(step: Step) -> list[str]:
    money = {
        "currency": step.currency,
        "billed_recovered": step.billed,
        "effective_recovered": step.effective,
    }
    return [
        f"do: {quoted(step.what)}",
        f"why: {quoted(step.why)}",
        f"provider: {quoted(step.provider_id)}",
        f"billing_account: {quoted(step.billing_account_id)}",
        f"key: {quoted(step.key)}",
        f"owner: {_or_null(step.owner)}",
        f"recovers: {{{', '.join(_money(money))}}}",
    ]


def _refused(row: Mapping[str, Any]) -> list[str]:
    return [f"id: {quoted(row['action_id'])}", *_place(row), f"why: {quoted(row['reason'])}"]


def _money(row: Mapping[str, Any]) -> list[str]:
    billed, effective = row["billed_recovered"], row["effective_recovered"]
    return [
        f"currency: {_or_null(row['currency'])}",
        f"billed_cost: {_amount(billed)}",
        f"effective_cost: {_amount(effective)}",
    ]


def _amount(value: Decimal | None) -> str:
    """Exact, without trailing zeros or exponent; text, so that no reader makes it a binary number."""
    if value is None:
        return "null"
    plain = format(value, "f")
    return quoted(plain.rstrip("0").rstrip(".") if "." in plain else plain)


def _or_null(text: str | None) -> str:
    return "null" if text is None else quoted(text)
