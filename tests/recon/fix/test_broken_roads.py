"""What sceptical readers found: roads past an approval, and writes that could not be undone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from acting import NOW as AT
from acting import PLAN, Engine, action, names
from cloud import Cloud

from recon.cli import spoken
from recon.config import load_config
from recon.config.fixing import Protected
from recon.errors import InputError
from recon.fix.approvals import Signature
from recon.fix.log import News
from recon.fix.writing import Failed
from recon.run.fixing.approving import approve, revoke
from recon.run.fixing.desk import Desk
from recon.run.fixing.doing import apply
from recon.run.fixing.planning import Narrow, make_plan
from recon.run.fixing.withdrawn import Withdrawn
from tests.recon.conftest import NOW


def desk(estate: Path, at: datetime = NOW) -> Desk:
    return Desk(load_config(estate / "tagrecon.yaml"), at, lambda: at)


@pytest.fixture
def approved(estate_copy: Path) -> Path:
    make_plan(desk(estate_copy), estate_copy / "plan.yaml", "ana", Narrow(keys=("cost-center",)))
    approve(desk(estate_copy), estate_copy / "plan.yaml", Signature("bea", NOW))
    return estate_copy


def test_an_ended_approval_does_not_hold_again_because_now_is_named_earlier(approved: Path) -> None:
    later = desk(approved, NOW + timedelta(days=5))
    later.log.append([News("ana", "plan", "f" * 64, {})], later.now)
    with pytest.raises(InputError, match="nothing that writes goes back in time"):
        apply(desk(approved), approved / "plan.yaml", "bea", write=True)


def test_what_is_protected_after_the_approval_is_skipped(approved: Path) -> None:
    own = desk(approved)
    account = "5ab1e000-*"
    fix = own.cfg.fix.model_copy(update={"protected": Protected(accounts=(account,))})
    own.cfg = own.cfg.model_copy(update={"fix": fix})
    _, outcomes = apply(own, approved / "plan.yaml", "bea", write=False)
    skipped = {o.action.target.provider_id for o in outcomes if o.outcome == "skipped"}
    assert skipped == {"azure"}
    assert all("names its account" in o.reason for o in outcomes if o.outcome == "skipped")
    with pytest.raises(InputError, match=r"must not be made: fix\.protected\.accounts"):
        approve(own, approved / "plan.yaml", Signature("bea", NOW))


def test_a_revocation_stops_what_is_being_applied(approved: Path) -> None:
    own = desk(approved)
    plan = next(a.plan for a in own.history().approvals.values())
    stops = Withdrawn(own, plan, "2026-11-06T06:00:00Z")
    assert stops() == ""
    own.log.append([News("x", "begin", plan, {})], NOW)
    assert stops() == ""
    revoke(own, plan[:20], "carl", "")
    assert stops() == "the approval was revoked by carl"
    assert stops() == "the approval was revoked by carl"


def test_an_approval_that_ends_meanwhile_stops_what_is_being_applied(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}, "b": {}, "c": {}}, size=1), [action(own) for own in "abc"])
    answers = iter(["", "the approval ended", "the approval ended"])
    assert names(one.apply(stops=lambda: next(answers))) == {"a": "applied", "b": "skipped", "c": "skipped"}


def test_a_plan_does_not_overwrite_what_is_no_plan(estate_copy: Path) -> None:
    for name in ("registry.yaml", "plan.patch"):
        before = (estate_copy / "registry.yaml").read_bytes()
        with pytest.raises(InputError, match="is no plan, and would be overwritten"):
            make_plan(desk(estate_copy), estate_copy / name, "ana", Narrow())
        assert (estate_copy / "registry.yaml").read_bytes() == before
    (estate_copy / "plan.patch").write_text("--- a/old.tf\n+++ b/old.tf\n")
    make_plan(desk(estate_copy), estate_copy / "plan.yaml", "ana", Narrow())
    assert not (estate_copy / "plan.patch").exists()  # an earlier plan's, which nobody should apply
    make_plan(desk(estate_copy), estate_copy / "plan.yaml", "ana", Narrow())


def test_a_write_that_took_effect_though_the_cloud_said_otherwise_can_be_undone(tmp_path: Path) -> None:
    one = Engine(tmp_path, Cloud({"a": {}, "b": {}}), [action("a"), action("b")])
    one.cloud.fails["a"] = Failed("rejected", "trouble")
    assert names(one.apply()) == {"a": "rejected", "b": "applied"}
    one.cloud.tags["a"]["cost-center"] = "payments"  # it came through late
    effects = one.history.of_plan(PLAN)
    assert {e.action.target.resource_id for e in effects.values() if e.sent} == {"a", "b"}
    one.cloud.fails.clear()
    assert names(one.apply()) == {"a": "already", "b": "already"}
    assert {e.state for e in one.history.of_plan(PLAN).values()} == {"applied"}
    one.roll_back()
    assert one.cloud.tags == {"a": {}, "b": {}}


def test_a_bare_day_ends_when_it_is_over() -> None:
    assert spoken.until("2027-01-31") == AT.replace(year=2027, month=1, day=31, hour=23, minute=59, second=59)
    assert spoken.until("2027-01-31T10:00:00Z").hour == 10
    with pytest.raises(InputError, match='--until: "garbage" is no day or instant'):
        spoken.until("garbage")
