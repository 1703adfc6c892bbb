"""Who may approve what, until when, and what voids an approval?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from acting import NOW, action

from recon.config.fixing import Fixing
from recon.errors import InputError
from recon.fix.approvals import Signature, Standing, approved, signed, standing_approvals
from recon.fix.document import write_plan
from recon.fix.history import History, folded
from recon.fix.log import AuditLog, News
from recon.fix.plan_file import PlanFile, read_plan
from recon.fix.planned import Header, Plan
from recon.registry import Registry, load_registry

HEADER = Header("ana", "run-1", "2026-11-03T06:00:00Z", "c0ffee", "1")
LIVE = {"aws": 100}


def registry(folder: Path, fixes: str = "{}") -> Registry:
    (folder / "registry.yaml").write_text(
        f"version: 1\nowner: cost-center\nkeys:\n  cost-center: {{required: true, fixes: {fixes}}}\n"
    )
    return load_registry(folder / "registry.yaml")


def plan(folder: Path, text: str = "") -> PlanFile:
    write_plan(folder / "plan.yaml", Plan(HEADER, [action("a"), action("b")]))
    with (folder / "plan.yaml").open("a") as file:
        file.write(text)
    return read_plan(folder / "plan.yaml")


def approve(
    folder: Path, by: str = "bea", fixing: Fixing | None = None, fixes: str = "{}", **more: Any
) -> News:
    history = more.pop("history", History())
    found = more.pop("found", None) or plan(folder)
    sign = Signature(by, NOW, **more)
    return approved(found, history, registry(folder, fixes), fixing or Fixing(), sign, LIVE)


def test_an_approval_binds_to_the_plan_and_ends(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    found = plan(tmp_path)
    log.append([approve(tmp_path, found=found)], NOW)
    history = folded(log.events())
    assert history.approval_of(found.sha, "2026-11-03T07:00:00Z") is not None
    assert history.approval_of(found.sha, "2026-11-06T05:59:00Z") is not None  # 72 hours
    assert history.approval_of(found.sha, "2026-11-06T06:00:01Z") is None
    assert history.approval_of(plan(tmp_path, "# an edit\n").sha, "2026-11-03T07:00:00Z") is None
    log.append([News("bea", "revoke", found.sha, {})], NOW)
    assert folded(log.events()).approval_of(found.sha, "2026-11-03T07:00:00Z") is None


def test_only_who_has_the_role_may_approve(tmp_path: Path) -> None:
    fixing = Fixing.model_validate({"roles": {"approve": ["bea"]}})
    assert approve(tmp_path, "bea", fixing).who == "bea"
    with pytest.raises(InputError, match=r"ana may not approve: fix.roles.approve names bea"):
        approve(tmp_path, "ana", fixing)


def test_the_author_may_not_approve_where_the_registry_says_so(tmp_path: Path) -> None:
    strict = "{author_may_approve: false}"
    found = plan(tmp_path)
    made = History(authors={found.sha: {"ana", "carl"}})
    assert approve(tmp_path, "ana", found=found, history=made).who == "ana"
    for author in ("ana", "carl"):
        with pytest.raises(InputError, match="made or edited this plan"):
            approve(tmp_path, author, fixes=strict, found=found, history=made)
    assert approve(tmp_path, "bea", fixes=strict, found=found, history=made).who == "bea"
    with pytest.raises(InputError, match="tagrecon fix plan --edited"):
        approve(
            tmp_path,
            "bea",
            fixes=strict,
            found=plan(tmp_path, "# edited by nobody knows whom\n"),
            history=made,
        )


def test_a_plan_beyond_the_caps_is_not_approved_though_somebody_wrote_it_by_hand(tmp_path: Path) -> None:
    fixing = Fixing.model_validate({"caps": {"actions": "1"}})
    with pytest.raises(InputError, match=r"1 of 2 actions may not be planned.*fix.caps.actions allows 1"):
        approve(tmp_path, fixing=fixing)


def test_an_approval_that_has_ended_before_it_begins_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has passed"):
        approve(tmp_path, until=NOW - timedelta(seconds=1))


def standing(**more: Any) -> Standing:
    said: dict[str, Any] = {
        "id": "", "by": "bea", "at": "2026-11-03T06:00:00Z", "until": "2026-12-31T00:00:00Z", "check": "untagged",
        "key": "cost-center",
    }  # fmt: skip
    return Standing(**said | more)


def test_a_standing_approval_covers_one_check_and_key_in_its_scope() -> None:
    one = standing(account="1", resource="i-*")
    assert one.covers(action("i-1"))
    assert not one.covers(action("vol-1"))
    assert not one.covers(action("i-1", key="environment"))
    assert not standing(check="variant").covers(action("i-1"))
    assert not standing(provider="gcp").covers(action("i-1"))


def test_a_standing_approval_never_passes_its_caps() -> None:
    actions = [action("i-1", effective="1"), action("i-2", effective="9"), action("i-3", effective="5")]
    assert [a.target.resource_id for a in standing(most=2).within(actions)] == ["i-2", "i-3"]
    capped = standing(money={"USD": Decimal(10)}).within(actions)
    assert [a.target.resource_id for a in capped] == ["i-1", "i-2"]
    assert standing(money={"EUR": Decimal(10)}).within(actions) == []


def test_a_standing_approval_ends_and_can_be_revoked(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    news = signed(standing(money={"USD": Decimal("10.50")}), registry(tmp_path), Fixing(), ("untagged",))
    log.append([news], NOW)
    [kept] = standing_approvals(log.events())
    assert (kept.by, kept.key, kept.money) == ("bea", "cost-center", {"USD": Decimal("10.50")})
    assert kept.holds("2026-12-31T00:00:00Z")
    assert not kept.holds("2026-12-31T00:00:01Z")
    log.append([News("carl", "revoke", kept.id, {})], NOW)
    assert not standing_approvals(log.events())[0].holds("2026-11-03T07:00:00Z")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"check": "everything"}, "--check names one of"),
        ({"key": "colour"}, "the registry has no key colour"),
        ({"until": "2026-11-01T00:00:00Z"}, "a standing approval expires"),
        ({"by": "ana"}, "ana may not approve"),
    ],
)
def test_a_standing_approval_that_can_not_be_one_is_refused(
    more: dict[str, Any], message: str, tmp_path: Path
) -> None:
    fixing = Fixing.model_validate({"roles": {"approve": ["bea"]}})
    with pytest.raises(InputError, match=message):
        signed(standing(**more), registry(tmp_path), fixing, ("untagged",))


def test_a_protected_key_has_no_standing_approval(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="protects the key"):
        signed(standing(), registry(tmp_path, "{protected: true}"), Fixing(), ("untagged",))


def test_a_freeze_holds_on_its_days_for_its_providers() -> None:
    [winter, friday] = Fixing.model_validate(
        {"freeze": [{"from": "2026-12-20", "until": "2027-01-02", "reason": "x"}, {"weekdays": "fri", "providers": ["aws"], "reason": "y"}]}
    ).freeze  # fmt: skip
    assert winter.holds(datetime(2026, 12, 20, tzinfo=UTC).date(), "gcp")
    assert not winter.holds(datetime(2027, 1, 3, tzinfo=UTC).date(), "gcp")
    assert friday.holds(datetime(2026, 11, 6, tzinfo=UTC).date(), "aws")
    assert not friday.holds(datetime(2026, 11, 6, tzinfo=UTC).date(), "gcp")
    assert not friday.holds(datetime(2026, 11, 5, tzinfo=UTC).date(), "aws")
