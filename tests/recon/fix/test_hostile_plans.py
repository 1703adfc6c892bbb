"""Is a plan that somebody has edited to get round a guard refused, with file and line, and never shown what is sensitive?"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from acting import action

from recon.config.fixing import Protected
from recon.errors import InputError
from recon.fix.document import plan_text, write_plan
from recon.fix.guards import protection
from recon.fix.plan_file import check_values, read_plan, sha_of
from recon.fix.planned import ACTIVATION, BACKFILL, Action, Change, Header, Plan
from recon.fix.writing import Target
from recon.model import short_id
from recon.registry import Registry, load_registry
from recon.store.masking import Masker

HEADER = Header("ana", "run-1", "2026-11-03T06:00:00Z", "c0ffee", "1")
DAY = date(2026, 11, 3)
REGISTRY = """
version: 1
owner: cost-center
keys:
  cost-center: {required: true, values: {list: [payments, search]}, aliases: [CostCenter]}
  contact: {required: false, sensitivity: personal, values: {list: [ana@example.com, bea@example.com]}}
  note: {required: false, values: {pattern: '.*'}}
"""
START = "2026-01-01T00:00:00Z"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "registry.yaml").write_text(REGISTRY)
    return load_registry(tmp_path / "registry.yaml")


def masker() -> Masker:
    return Masker(b"key", lambda raw_key: raw_key == "contact")


def placed(provider: str, kind: str, resource: str, key: str, *changes: Change) -> Action:
    """An action of a place; its id is that of the place."""
    return replace(
        action("x"), id=short_id("fix", provider, "1", resource, key), target=Target(provider, "1", "", kind, resource), key=key,
        changes=changes,
    )  # fmt: skip


TO_ACTIVE, BACK = Change("Status", "Inactive", "Active"), Change("BackfillFrom", None, START)
TAG = f"{ACTIVATION}/CostCenter"
STEPS = {
    "of another resource": placed("aws", BACKFILL, "arn:aws:rds:eu-west-1:1:db:a", "cost-center", Change("cost-center", "a", "payments")),
    "of another provider": placed("azure", BACKFILL, BACKFILL, "BackfillFrom", BACK),
    "of no type": placed("aws", "", TAG, "cost-center", TO_ACTIVE),
    "of no raw key": placed("aws", ACTIVATION, f"{ACTIVATION}/", "cost-center", TO_ACTIVE),
    "that deactivates": placed("aws", ACTIVATION, TAG, "cost-center", TO_ACTIVE.undone),
    "of something else": placed("aws", ACTIVATION, TAG, "cost-center", Change("cost-center", None, "payments")),
    "with a second change": placed("aws", ACTIVATION, TAG, "cost-center", TO_ACTIVE, Change("cost-center", None, "payments")),
    "from the middle of a month": placed("aws", BACKFILL, BACKFILL, "BackfillFrom", Change("BackfillFrom", None, "2026-01-02T00:00:00Z")),
    "in place of another": placed("aws", BACKFILL, BACKFILL, "BackfillFrom", Change("BackfillFrom", "2025-01-01T00:00:00Z", START)),
    "of a registry key": placed("aws", BACKFILL, BACKFILL, "cost-center", BACK),
}  # fmt: skip


@pytest.mark.parametrize("kind", STEPS)
def test_a_step_of_billing_that_is_none_switches_the_guards_off(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    write_plan(path, Plan(HEADER, [STEPS[kind]]))
    with pytest.raises(InputError, match=r"plan\.yaml:\d+: .*(activation|backfill)"):
        read_plan(path)


def test_the_type_alone_makes_no_step_of_billing() -> None:
    assert not STEPS["of another resource"].activates
    assert not STEPS["of another provider"].activates
    assert placed("aws", ACTIVATION, TAG, "cost-center", TO_ACTIVE).activated == "CostCenter"
    assert placed("aws", BACKFILL, BACKFILL, "BackfillFrom", BACK).backfills


def test_true_steps_are_read(tmp_path: Path, registry: Registry) -> None:
    steps = [
        placed("aws", ACTIVATION, TAG, "cost-center", TO_ACTIVE),
        placed("aws", BACKFILL, BACKFILL, "BackfillFrom", BACK),
    ]
    path = tmp_path / "plan.yaml"
    write_plan(path, Plan(HEADER, steps))
    found = read_plan(path)
    check_values(found, registry, DAY, masker())
    assert list(found.plan.actions) == steps


@pytest.mark.parametrize("raw_key", ["Name", "contact"])
def test_a_key_is_activated_under_the_name_of_another(
    raw_key: str, tmp_path: Path, registry: Registry
) -> None:
    own = placed("aws", ACTIVATION, f"{ACTIVATION}/{raw_key}", "cost-center", TO_ACTIVE)
    with pytest.raises(InputError, match=rf"plan\.yaml:\d+: {raw_key} is no spelling of the key cost-center"):
        check(own, tmp_path, registry)


def test_a_protected_raw_key_is_activated() -> None:
    own = placed("aws", ACTIVATION, TAG, "cost-center", TO_ACTIVE)
    registry = Registry("1", "cost-center", {}, (), (), "", {})
    assert protection(own, Protected(keys=("costcenter",)), registry)
    assert protection(own, Protected(), registry) is None


def check(own: Action, folder: Path, registry: Registry, using: Masker | None = None) -> None:
    write_plan(folder / "plan.yaml", Plan(HEADER, [own]))
    check_values(read_plan(folder / "plan.yaml"), registry, DAY, using or masker())


HIDDEN = {
    "after": action("i-1", None, "ana@example.com", key="contact"),
    "before": action("i-1", "ana@example.com", "bea@example.com", key="contact"),
    "a secret": action("i-1", None, "password=ana@example.com", key="note"),
    "the state": replace(
        action("i-1", None, "search"), state={"contact": "ana@example.com"}, state_id="0" * 16
    ),
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_sensitive_value_in_clear_text_is_taken_from_an_edited_plan(
    kind: str, tmp_path: Path, registry: Registry
) -> None:
    with pytest.raises(InputError, match=r"plan\.yaml:\d+: .*in clear text.*mark") as refused:
        check(HIDDEN[kind], tmp_path, registry)
    assert "ana@" not in str(refused.value)


def test_a_mark_under_another_key_is_written_in_clear(tmp_path: Path, registry: Registry) -> None:
    using = masker()
    mark = using.token("ana@example.com")
    check(action("i-1", None, mark, key="contact", provider="azure"), tmp_path, registry, using)
    for own in (
        action("i-1", None, mark, key="note"),
        action("i-1", mark, "x", key="note"),
        action("i-1", None, f"‹masked:{'0' * 12}›", key="note"),
    ):
        with pytest.raises(InputError, match=r"plan\.yaml:\d+: a mark .*note is none") as refused:
            check(own, tmp_path, registry, using)
        assert "ana@" not in str(refused.value)


def test_what_stands_behind_a_mark_is_not_checked(tmp_path: Path, registry: Registry) -> None:
    using = masker()
    own = action("i-1", None, using.token("anna@example.com"), key="contact", provider="azure")
    with pytest.raises(InputError, match="does not allow this value for contact") as refused:
        check(own, tmp_path, registry, using)
    assert "ana@" not in str(refused.value), "the nearest value says who it is"


def test_a_tag_that_looks_like_a_mark_stops_no_plan(tmp_path: Path, registry: Registry) -> None:
    check(action("i-1", f"‹masked:{'0' * 12}›", "x", key="note"), tmp_path, registry)


@pytest.mark.parametrize("provider", ["aws", "azure"])
def test_a_raw_key_stands_twice_in_one_action(provider: str, tmp_path: Path) -> None:
    own = action("i-1", provider=provider)
    second = "cost-center" if provider == "aws" else "Cost-Center"
    changes = (*own.changes, Change(second, None, "search"))
    write_plan(tmp_path / "plan.yaml", Plan(HEADER, [replace(own, changes=changes)]))
    with pytest.raises(InputError, match=r"plan\.yaml:\d+: a raw key stands in the changes twice"):
        read_plan(tmp_path / "plan.yaml")


AMOUNTS = ["1e9999999", "-1e9999999", "0e9999999", "1e-9999999", "NaN", "sNaN", "Infinity", "123456789012345", "0.0000000000000000000000001"]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS)
@pytest.mark.parametrize("place", ["effective_cost", "billed_cost", "confidence"])
def test_an_amount_that_no_store_can_hold_is_taken(amount: str, place: str, tmp_path: Path) -> None:
    text = plan_text(Plan(HEADER, [action("i-1")]))
    said = f"{place}: 0.90" if place == "confidence" else f'{place}: "10"'
    assert said in text
    (tmp_path / "plan.yaml").write_text(text.replace(said, f'{place}: "{amount}"'))
    with pytest.raises(InputError, match=r"plan\.yaml:\d+: .*" + place):
        read_plan(tmp_path / "plan.yaml")


def test_the_largest_and_the_finest_amount_are_read(tmp_path: Path) -> None:
    own = replace(action("i-1"), effective=Decimal("-99999999999999." + "9" * 24), billed=Decimal("0E-24"))
    write_plan(tmp_path / "plan.yaml", Plan(HEADER, [own]))
    assert read_plan(tmp_path / "plan.yaml").plan.actions == [own]


def test_a_pipe_is_approved_as_one_plan_and_read_as_another(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.yaml")
    for read in (read_plan, sha_of):
        with pytest.raises(InputError, match="is no regular file"):
            read(tmp_path / "plan.yaml")
    with pytest.raises(InputError, match="Is a directory"):
        sha_of(tmp_path)


def test_a_plan_that_changes_while_it_is_read_has_the_hash_of_what_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is exchanged at each opening: no other moment of a swap can be hit without a mock."""
    plans = [plan_text(Plan(HEADER, [action(f"i-{n}")])) for n in range(3)]
    path, opened = tmp_path / "plan.yaml", os.open
    path.write_text(plans[0])
    sha = sha_of(path)

    def swapping(name: str, *more: int) -> int:
        found = opened(name, *more)
        path.unlink()
        path.write_text(plans.pop())
        return found

    monkeypatch.setattr("recon.yaml_file.reading.os.open", swapping)
    found = read_plan(path)
    monkeypatch.undo()
    assert (found.sha, found.plan.actions[0].target.resource_id) == (sha, "i-0")
