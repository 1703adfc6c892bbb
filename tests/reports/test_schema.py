"""The JSON Schema of summary.json is shipped, true and used."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from recon.errors import OurBug
from reports.schema import SCHEMA_FILE, schema_text, summary_schema
from reports.summary import parse_summary


def test_the_shipped_file_is_the_schema() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text()


def test_the_schema_is_itself_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(summary_schema())


def test_an_example_is_valid(summary: dict[str, Any]) -> None:
    jsonschema.validate(json.loads(json.dumps(summary)), summary_schema())


@pytest.mark.parametrize("money", ["1E+3", "1,000.00", "NaN", 12.5])
def test_money_is_a_plain_decimal_string(summary: dict[str, Any], money: object) -> None:
    summary["verdicts"][0]["billed_cost"] = money
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(summary, summary_schema())


def test_a_share_above_one_is_refused(summary: dict[str, Any]) -> None:
    summary["coverage"][0]["by_cost"] = 91.4
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(summary, summary_schema())


def test_a_summary_of_another_version_is_refused_by_name(summary: dict[str, Any]) -> None:
    summary["schema"] = "tagrecon.summary/2"
    with pytest.raises(OurBug, match=r"tagrecon\.summary/2.*tagrecon\.summary/1"):
        parse_summary(summary)


def test_a_missing_field_is_named_with_its_place(summary: dict[str, Any]) -> None:
    del summary["verdicts"][0]["billed_cost"]
    with pytest.raises(OurBug, match=r"summary\.verdicts\.0\.billed_cost"):
        parse_summary(summary)


def test_money_arrives_exact(summary: dict[str, Any]) -> None:
    summary["verdicts"][0]["billed_cost"] = "0.000000000000000000000001"
    assert parse_summary(summary).verdicts[0].billed_cost == Decimal("1E-24")
