"""Is an edited plan believed where it says other accounts, types and money than the published store?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from recon.config import load_config
from recon.errors import InputError
from recon.fix.approvals import Signature
from recon.fix.document import write_plan
from recon.fix.plan_file import read_plan
from recon.fix.planned import Action, Plan
from recon.fix.writing import Target
from recon.model import short_id
from recon.run.fixing.approving import approve
from recon.run.fixing.desk import Desk
from recon.run.fixing.planning import Narrow, check_plan, make_plan, register_edited
from tests.recon.conftest import NOW


@dataclass(frozen=True)
class Office:
    desk: Desk
    path: Path
    plan: Plan

    def first(self, provider: str = "aws") -> Action:
        """The dearest tag that the store wants on a resource of its inventory."""
        mine = [
            a for a in self.plan.actions if a.target.provider_id == provider and a.target.resource_type and not a.activates
        ]  # fmt: skip
        return max(mine, key=lambda a: (a.effective or Decimal(0), a.id))

    def keep(self, *actions: Action) -> None:
        write_plan(self.path, replace(self.plan, actions=actions, held=(), code=()))


@pytest.fixture
def office(estate_copy: Path) -> Office:
    config = estate_copy / "tagrecon.yaml"
    said = yaml.safe_load(config.read_text("utf-8"))
    said["fix"] = {"caps": {"share": 1, "money": {"USD": "1"}}}
    plain = {**said, "fix": {"caps": {"share": 1}}}
    config.write_text(yaml.safe_dump(plain, sort_keys=False), "utf-8")
    path = estate_copy / "plan.yaml"
    plan, _ = make_plan(Desk(load_config(config), NOW, lambda: NOW), path, "ana", Narrow())
    config.write_text(yaml.safe_dump(said, sort_keys=False), "utf-8")
    return Office(Desk(load_config(config), NOW, lambda: NOW), path, plan)


def moved(own: Action, **to: str) -> Action:
    """The action at another place, with the id of that place."""
    target = Target(**{**vars(own.target), **to})
    return replace(
        own,
        target=target,
        id=short_id("fix", target.provider_id, target.account_id, target.resource_id, own.key),
    )


def test_a_plan_of_the_store_stands_as_it_was_made(office: Office) -> None:
    assert {a.target.provider_id for a in office.plan.actions} >= {"aws", "azure", "gcp"}
    assert any(a.activates for a in office.plan.actions)
    checked = check_plan(office.desk, office.path, "bea", "approve").plan.actions
    assert checked == read_plan(office.path).plan.actions


OTHERWISE: dict[str, tuple[Callable[[Action], Action], str]] = {
    "an account of its own": (lambda a: moved(a, account_id="elsewhere"), r"belongs to account \S+, not elsewhere"),
    "no account": (lambda a: moved(a, account_id=""), r"belongs to account \S+, not \(none\)"),
    "a type of its own": (lambda a: moved(a, resource_type="rds:none"), "is of type .*, not rds:none"),
    "a resource of its own": (lambda a: moved(a, resource_id=a.target.resource_id + "-x"), "the store knows no such resource.*run tagrecon run"),
    "another cloud": (lambda a: moved(a, provider_id="oci"), "the store knows no such resource"),
}  # fmt: skip


@pytest.mark.parametrize("kind", OTHERWISE)
def test_a_plan_says_where_a_resource_belongs(kind: str, office: Office) -> None:
    change, message = OTHERWISE[kind]
    office.keep(change(office.first()))
    with pytest.raises(InputError, match=rf"plan\.yaml:\d+: .*{message}"):
        check_plan(office.desk, office.path, "bea", "approve")


def test_keys_are_activated_in_an_account_that_pays_nothing(office: Office) -> None:
    own = next(a for a in office.plan.actions if a.activated is not None)
    office.keep(moved(own, account_id="999999999999"))
    with pytest.raises(
        InputError, match=r"plan\.yaml:\d+: the store knows no bill of the AWS account 999999999999"
    ):
        check_plan(office.desk, office.path, "bea", "approve")


@pytest.mark.parametrize(
    "money",
    [
        {"effective": Decimal(0)},
        {"effective": None, "billed": None},
        {"currency": "XXX"},
        {"currency": None, "effective": None},
    ],
)
def test_a_plan_says_itself_what_it_recovers_and_passes_the_caps(
    money: dict[str, Decimal | str | None], office: Office
) -> None:
    own = max(office.plan.actions, key=lambda a: a.effective if a.currency == "USD" and a.effective else 0)
    assert own.effective is not None and own.effective > 1
    office.keep(replace(own, **money))  # type: ignore[arg-type]
    checked = check_plan(office.desk, office.path, "bea", "approve").plan.actions[0]
    assert (checked.currency, checked.billed, checked.effective) == ("USD", own.billed, own.effective)
    with pytest.raises(InputError, match=r"fix\.caps\.money allows 1 USD"):
        approve(office.desk, office.path, Signature("bea", NOW))


def test_without_a_store_nothing_is_compared(office: Office) -> None:
    office.keep(moved(office.first(), account_id="elsewhere"))
    office.desk.paths.published.unlink()
    assert len(check_plan(office.desk, office.path, "bea", "approve").plan.actions) == 1


def test_an_edited_plan_is_registered_with_a_sensitive_value_in_clear(office: Office) -> None:
    own = office.first("azure")
    office.keep(replace(own, changes=(replace(own.changes[0], after="password=hunter22"),)))
    with pytest.raises(InputError, match=r"plan\.yaml:\d+: .*in clear text") as refused:
        register_edited(office.desk, office.path, "ana")
    assert "hunter22" not in str(refused.value)
    assert "hunter22" not in office.desk.log.path.read_text("utf-8")
