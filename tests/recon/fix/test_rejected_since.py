"""Can a plan be approved that holds what a reviewer has rejected since it was made?"""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.config import load_config
from recon.errors import InputError
from recon.fix.approvals import Signature
from recon.fix.log import News
from recon.fix.plan_file import read_plan
from recon.run.fixing.approving import approve
from recon.run.fixing.desk import Desk
from recon.run.fixing.planning import Narrow, make_plan
from tests.recon.conftest import NOW


def test_what_was_rejected_since_the_plan_was_made_is_not_approved(estate_copy: Path) -> None:
    desk, path = Desk(load_config(estate_copy / "tagrecon.yaml"), NOW, lambda: NOW), estate_copy / "plan.yaml"
    plan, _ = make_plan(desk, path, "ana", Narrow(keys=("cost-center",)))
    action = next(a for a in plan.actions if not a.activates and a.target.provider_id == "aws")
    detail = {
        "decision": "reject", "value": action.changes[0].after, "provider": "aws", "account": action.target.account_id,
        "resource": action.target.resource_id, "key": action.key, "suggested": [],
    }  # fmt: skip
    desk.log.append([News("cara", "review", action.id, detail)], NOW)
    with pytest.raises(InputError, match=f"action {action.id} .* would set what a reviewer has rejected"):
        approve(desk, path, Signature("bea", NOW))
    again, _ = make_plan(desk, path, "ana", Narrow(keys=("cost-center",)))
    assert action.id not in [a.id for a in again.actions]
    assert approve(desk, path, Signature("bea", NOW))[0].sha == read_plan(path).sha
