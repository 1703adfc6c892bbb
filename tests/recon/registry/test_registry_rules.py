"""What a raw key and value mean on a day, on a provider."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from recon.registry import Registry, Rules, in_force, load_registry

DAY = dt.date(2026, 9, 15)
REGISTRY = """\
version: 1
owner: cost-center
keys:
  environment:
    required: {provider: aws, data-class: [C1, C2]}
    values: {list: [prod, test, Pre Prod]}
    value_aliases: {prod: [production, PRD]}
  cost-center:
    required: true
    aliases: [CostCentre, 'finops.example.com/cost-center']
    spelling: {gcp: cost_center}
    values: {list: [payments, search, {value: legacy, retired: 2026-09-15}, {value: next, from: 2026-10-01}]}
  CostUnit: {fold: separators}
  Exact: {case: exact, values: {list: [Prod]}}
  data-class: {values: {pattern: 'C[1-4]'}}
  team: {deprecated: {replaced_by: cost-center, sunset: 2026-09-30}}
  'aws:createdBy':
  temporary: {required: true, effective_from: 2026-09-01, effective_to: 2026-09-30}
exemptions:
  - {key: cost-center, scope: {account: 'sand*'}, reason: sandbox, until: 2026-09-20}
  - {key: cost-center, scope: {environment: test}, reason: tests}
catalogue:
  - {resource: 'arn:aws:s3:::search-*', expect: {cost-center: SEARCH}, to: 2026-12-31}
  - {provider: aws, expect: {cost-center: payments, environment: PRD}}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path: Path = tmp_path_factory.mktemp("registry") / "registry.yaml"
    path.write_text(REGISTRY)
    return load_registry(path)


@pytest.fixture(scope="module")
def rules(registry: Registry) -> Rules:
    return in_force(registry, DAY)


KEYS = [
    ("aws", "cost-center", "cost-center", True, ""),
    ("aws", "Cost-Center", "cost-center", False, ""),
    ("aws", " cost-center ", "cost-center", False, ""),
    ("aws", "costcentre", "cost-center", False, ""),
    ("aws", "user:cost-center", "cost-center", True, "user:"),
    ("aws", "user:CostCentre", "cost-center", False, "user:"),
    ("aws", "resourceTags/user:cost-center", "cost-center", True, "resourceTags/user:"),
    ("aws", "user_cost_center", "cost-center", True, "user_"),
    ("aws", "resource_tags_user_cost_center", "cost-center", True, "resource_tags_user_"),
    ("aws", "resource_tags_user_cost_centre", "cost-center", False, "resource_tags_user_"),
    ("aws", "user_cost_unit", "CostUnit", True, "user_"),
    ("aws", "cost_unit", "CostUnit", False, ""),
    ("aws", "aws:createdBy", "aws:createdBy", True, ""),
    ("aws", "aws_created_by", "aws:createdBy", True, ""),
    ("aws", "resource_tags_aws_created_by", "aws:createdBy", True, "resource_tags_"),
    ("azure", "cost-center", "cost-center", True, ""),
    ("azure", "finops.example.com/cost-center", "cost-center", False, ""),
    ("gcp", "cost_center", "cost-center", True, ""),
    ("gcp", "cost-center", "cost-center", False, ""),
    ("gcp", "costunit", "CostUnit", True, ""),
    ("acme", "Environment", "environment", False, ""),
    ("aws", "team", "cost-center", False, ""),
]


@pytest.mark.parametrize(("provider", "raw", "key", "canonical", "prefix"), KEYS)
def test_a_raw_key_is_recognized(
    rules: Rules, provider: str, raw: str, key: str, canonical: bool, prefix: str
) -> None:
    hit = rules.key_of(provider, raw)
    assert hit is not None
    assert (hit.key, hit.canonical, hit.prefix, hit.raw_key) == (key, canonical, prefix, raw)


@pytest.mark.parametrize(
    ("provider", "raw"),
    [
        ("aws", "cost center"),
        ("aws", "cost_center"),
        ("aws", "cost-centr"),
        ("aws", "exact"),
        ("aws", "user:"),
        ("aws", "aws:cost-center"),
        ("aws", "aws_cost_center"),
        ("aws", "aws:CostUnit"),
        ("gcp", "goog-cost-center"),
        ("azure", "user:cost-center"),
        ("gcp", "user_environment"),
        ("aws", ""),
    ],
)
def test_what_is_not_in_the_registry_is_no_key(rules: Rules, provider: str, raw: str) -> None:
    assert rules.key_of(provider, raw) is None


VALUES = [
    ("cost-center", "aws", "payments", "payments", True, True, None, None),
    ("cost-center", "aws", "Payments ", "payments", True, False, None, None),
    ("cost-center", "aws", "paymnets", None, False, False, "unknown", "payments"),
    ("cost-center", "aws", "zzz", None, False, False, "unknown", None),
    ("cost-center", "aws", "legacy", "legacy", False, True, "retired", None),
    ("cost-center", "aws", "next", "next", False, True, "unknown", None),
    ("environment", "aws", "PRD", "prod", True, False, None, None),
    ("environment", "aws", "prd", "prod", True, False, None, None),
    ("environment", "gcp", "pre-prod", "Pre Prod", True, True, None, None),
    ("environment", "gcp", "Pre Prod", "Pre Prod", True, False, None, None),
    ("environment", "aws", "pre-prod", None, False, False, "unknown", "Pre Prod"),
    ("environment", "gcp", "prd", "prod", True, False, None, None),
    ("data-class", "aws", "C2", "C2", True, True, None, None),
    ("data-class", "aws", "C2 ", "C2", True, False, None, None),
    ("data-class", "aws", "xC2", None, False, False, "pattern", None),
    ("data-class", "aws", "C22", None, False, False, "pattern", None),
    ("data-class", "aws", "c2", None, False, False, "pattern", "C2"),
    ("data-class", "gcp", "c2", "C2", True, True, None, None),
    ("Exact", "aws", "prod", None, False, False, "unknown", "Prod"),
    ("Exact", "aws", "Prod", "Prod", True, True, None, None),
    ("CostUnit", "aws", "anything", "anything", True, True, None, None),
    ("CostUnit", "aws", " anything", "anything", True, False, None, None),
]


@pytest.mark.parametrize(
    ("key", "provider", "raw", "value", "valid", "canonical", "reason", "nearest"), VALUES
)
def test_a_raw_value_is_judged(
    rules: Rules,
    key: str,
    provider: str,
    raw: str,
    value: str | None,
    valid: bool,
    canonical: bool,
    reason: str | None,
    nearest: str | None,
) -> None:
    hit = rules.value_of(key, provider, raw)
    assert (hit.value, hit.valid, hit.canonical, hit.reason, hit.nearest) == (
        value,
        valid,
        canonical,
        reason,
        nearest,
    )


def test_two_values_with_one_label_form_are_not_guessed(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("version: 1\nowner: a\nkeys: {a: {values: {list: [x.y, x y]}}}\n")
    rules = in_force(load_registry(path), DAY)
    assert rules.value_of("a", "gcp", "x-y").valid is False


def test_a_value_of_ten_megabytes_is_refused_quickly(rules: Rules) -> None:
    huge = "C" * 10_000_000
    assert rules.value_of("data-class", "aws", huge).reason == "pattern"
    assert rules.value_of("cost-center", "aws", huge).nearest is None


@pytest.mark.parametrize(("day", "valid"), [("2026-09-14", True), ("2026-09-15", False)])
def test_a_value_retires_on_its_day(registry: Registry, day: str, valid: bool) -> None:
    assert (
        in_force(registry, dt.date.fromisoformat(day)).value_of("cost-center", "aws", "legacy").valid is valid
    )


def test_after_its_sunset_a_deprecated_key_gives_no_value(registry: Registry) -> None:
    last, after = (in_force(registry, dt.date(2026, m, d)) for m, d in ((9, 30), (10, 1)))
    before_hit, after_hit = last.key_of("aws", "team"), after.key_of("aws", "team")
    assert before_hit is not None and before_hit.key == "cost-center"
    assert after_hit is not None and after_hit.key == "team"
    assert after.value_of("team", "aws", "payments").reason == "sunset"
    assert "team" not in after.keys and "team" not in last.keys


@pytest.mark.parametrize(
    ("day", "there"),
    [("2026-08-31", False), ("2026-09-01", True), ("2026-09-30", True), ("2026-10-01", False)],
)
def test_a_key_is_in_force_between_its_days(registry: Registry, day: str, there: bool) -> None:
    rules = in_force(registry, dt.date.fromisoformat(day))
    assert ("temporary" in rules.keys) is there
    assert (rules.key_of("aws", "temporary") is not None) is there


def test_epochs_are_the_days_on_which_something_changes(registry: Registry) -> None:
    assert [str(d) for d in registry.epochs()] == [
        "2026-09-01", "2026-09-15", "2026-09-21", "2026-10-01", "2027-01-01",
    ]  # fmt: skip


def test_within_an_epoch_nothing_differs(registry: Registry) -> None:
    assert in_force(registry, dt.date(2026, 9, 15)) is in_force(registry, dt.date(2026, 9, 20))
    assert in_force(registry, dt.date(2026, 9, 20)) is not in_force(registry, dt.date(2026, 9, 21))
    assert in_force(registry, dt.date(1999, 1, 1)) is in_force(registry, dt.date(2026, 8, 31))


def test_a_registry_without_dates_has_one_epoch(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("version: 1\nowner: a\nkeys: {a: {required: true}}\n")
    registry = load_registry(path)
    assert registry.epochs() == []
    assert in_force(registry, DAY).required_keys == ("a",)


def test_keys_come_after_those_that_their_conditions_read(rules: Rules) -> None:
    order = list(rules.keys)
    assert order.index("data-class") < order.index("environment") < order.index("cost-center")


def test_required_keys_are_those_required_anywhere(rules: Rules) -> None:
    assert set(rules.required_keys) == {"environment", "cost-center", "temporary"}


def test_the_owner_key_is_judged_on_every_day(tmp_path: Path) -> None:
    path = tmp_path / "r.yaml"
    path.write_text("version: 1\nowner: a\nkeys: {a: {required: true, effective_from: 2026-09-01}}\n")
    before = in_force(load_registry(path), dt.date(2026, 8, 1))
    assert list(before.keys) == ["a"]
    assert before.required_keys == ()


PLACES = [
    ("environment", {"provider": "aws"}, {"data-class": "C1"}, True),
    ("environment", {"provider": "gcp"}, {"data-class": "C1"}, False),
    ("environment", {"provider": "aws"}, {"data-class": "C3"}, False),
    ("environment", {"provider": "aws"}, {"data-class": None}, True),
    ("environment", {"provider": None}, {"data-class": "C1"}, False),
    ("cost-center", {"account": "prod-1"}, {"environment": "prod"}, True),
    ("cost-center", {"account": "Sandbox-1"}, {"environment": "prod"}, False),
    ("cost-center", {"account": "prod-1"}, {"environment": "test"}, False),
    ("cost-center", {"account": "prod-1"}, {"environment": None}, True),
]


@pytest.mark.parametrize(("key", "place", "resolved", "asked"), PLACES)
def test_a_key_is_asked_for_where_required_and_not_exempt(
    rules: Rules, key: str, place: dict[str, str | None], resolved: dict[str, str | None], asked: bool
) -> None:
    assert rules.asks_for(key, place, resolved) is asked


def test_an_exemption_ends(registry: Registry) -> None:
    place = {"account": "sandbox"}
    asked = [in_force(registry, dt.date(2026, 9, d)).asks_for("cost-center", place, {}) for d in (20, 21)]
    assert asked == [False, True]


def test_the_first_catalogue_entry_that_fits_counts_per_key(rules: Rules, registry: Registry) -> None:
    place = {"provider": "aws", "resource": "arn:aws:s3:::search-logs"}
    assert rules.expected(place) == {"cost-center": "search", "environment": "prod"}
    assert in_force(registry, dt.date(2027, 1, 1)).expected(place)["cost-center"] == "payments"
    assert rules.expected({"provider": "gcp"}) == {}
