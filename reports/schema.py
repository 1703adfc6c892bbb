"""What is the shape of `summary.json`? Its JSON Schema, shipped as `reports/summary.schema.json`.

Money is a plain decimal string without exponent; a share is a number 0..1 or null; absent is null; arrays are
sorted by their leading fields. `python -m reports.schema` writes the file again after a change here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reports.summary import SCHEMA

SCHEMA_FILE = Path(__file__).parent / "summary.schema.json"

_TEXT: dict[str, Any] = {"type": "string"}
_COUNT: dict[str, Any] = {"type": "integer", "minimum": 0}
_MONEY: dict[str, Any] = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
_NUMBER: dict[str, Any] = {"type": ["number", "string", "null"]}
_SHARE: dict[str, Any] = {"type": ["number", "null"], "minimum": 0, "maximum": 1}
_PERIOD: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
_INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}

_SIDES = ("source", "quarantined", "charges", "ledger", "difference")
_SHARES = ("by_cost", "by_cost_taggable", "by_cost_with_inherited", "by_count", "by_count_taggable")
_AMOUNTS = ("direct", "inherited", "shared", "adjustments", "total", "billed_total")


def summary_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a `tagrecon.summary/1` document."""
    where = {"billing_period": _PERIOD, "currency": _TEXT}
    costs = {"billed_cost": _MONEY, "effective_cost": _MONEY}
    totals = {"verdict": _TEXT, **costs, "charges": _COUNT, "resources": _COUNT}
    parts = {
        "schema": {"const": SCHEMA},
        "run": _run(),
        "gaps": _gaps(),
        "closing": _rows(
            _closing(),
            optional=("source_raw", "source_raw_column", "control_total", "control_difference", "provider", "closed_at"),
        ),
        "verdicts": _rows({**where, **totals}),
        "verdicts_by_key": _rows({"key": _TEXT, **where, **totals}),
        "coverage": _rows(
            {
                **where, "key": _TEXT, "scope": _TEXT, **dict.fromkeys(_SHARES, _SHARE),
                "count_basis": _or_null(_TEXT),
                **{name: _or_null(_MONEY) for name in ("covered_cost", "base_cost", "negative_cost")},
                "gap_ids": _TEXTS,
            }
        ),
        "slis": _rows(_sli()),
        "findings": _record({"total": _COUNT, "by_check": {"type": ["object", "array"]}}),
        "unallocated": _rows({**where, "account": _TEXT, **costs}),
        "owners": _rows({**where, "owner": _TEXT, **dict.fromkeys(_AMOUNTS, _MONEY)}),
        "fixes": _record({"proposed": _COUNT, "recovered": _rows({"currency": _TEXT, **costs})}),
    }  # fmt: skip
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tagrecon summary",
        **_record(parts),
    }


def schema_text() -> str:
    """The schema as the shipped file has it."""
    return json.dumps(summary_schema(), indent=2, ensure_ascii=False) + "\n"


def _run() -> dict[str, Any]:
    return _record(
        {
            "id": _TEXT, "started_at": _INSTANT, "finished_at": _or_null(_INSTANT),
            "status": {"enum": ["ok", "partial", "failed"]}, "version": _TEXT,
            "registry_version": _or_null(_TEXT),
            "config_hash": _or_null(_TEXT), "periods": {"type": "array", "items": _PERIOD},
        }
    )  # fmt: skip


def _gaps() -> dict[str, Any]:
    fields = {
        "id": _TEXT, "kind": _TEXT, "provider": _TEXT, "scope": _TEXT, "reason": _TEXT, "permission": _TEXT,
        "touched": _TEXTS,
    }  # fmt: skip
    rows = _rows(fields, optional=("provider", "scope", "reason", "permission"))
    # May be left out: then the kind says whether it is one.
    rows["items"]["properties"]["limitation"] = {"type": ["boolean", "null"]}
    return rows


def _closing() -> dict[str, Any]:
    return {
        "billing_period": _PERIOD, "provider": _TEXT, "provider_id": _TEXT, "billing_account_id": _TEXT,
        "currency": _TEXT,
        **{f"{side}_{book}": _MONEY for book in ("billed", "effective") for side in _SIDES},
        "source_raw": _MONEY, "source_raw_column": _TEXT, "control_total": _MONEY,
        "control_difference": _MONEY,
        "source_rows": _COUNT, "quarantined_rows": _COUNT, "excluded_rows": _COUNT, "closed_at": _TEXT,
    }  # fmt: skip


def _sli() -> dict[str, Any]:
    return {
        "id": _TEXT, "name": _TEXT, "billing_period": _or_null(_PERIOD), "currency": _or_null(_TEXT),
        "key": _or_null(_TEXT), "unit": _TEXT, "value": _NUMBER, "target": _NUMBER,
        "status": {"enum": ["met", "missed", "no-data"]}, "numerator": _NUMBER, "denominator": _NUMBER,
        "gap_ids": _TEXTS,
    }  # fmt: skip


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    # Later versions may add fields; a reader that checks must not break on them.
    return {"type": "object", "required": list(fields), "properties": fields}


def _rows(fields: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    shaped = {name: _or_null(kind) if name in optional else kind for name, kind in fields.items()}
    return {"type": "array", "items": _record(shaped)}


def _or_null(kind: dict[str, Any]) -> dict[str, Any]:
    return {**kind, "type": [kind["type"], "null"]}


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
