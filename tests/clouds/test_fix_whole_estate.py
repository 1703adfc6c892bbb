"""Does the plan that the sample estate's own findings make do just what it says, on three clouds, and can all of it be taken back?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from configs.sample import clock
from configs.sample.write import write_estate
from recon.config import load_config
from recon.fix.plan_file import read_plan
from recon.fix.planned import ACTIVATION, BACKFILL
from recon.run import run
from tests.clouds.fixing import Tags, open_clouds, outcomes, said, tags_in
from tests.clouds.sample_estate import DAYS, Clouds, write_live_config
from tests.clouds.waits import Waits

NOW = f"{clock.NOW:%Y-%m-%dT%H:%M:%SZ}"
WRITE = {"aws": {"role": "tagrecon-write"}, "azure": {}, "gcp": {}, "caps": {"share": 1}}
STAGES = frozenset({"snapshot", "ingest", "reconcile"})


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Clouds]]:
    """Its configuration, with a store of its newest night, and the clouds that hold it."""
    folder = tmp_path_factory.mktemp("estate")
    write_estate(folder, scale=0.05)
    config = write_live_config(folder)
    configured = yaml.safe_load(config.read_text("utf-8")) | {"fix": WRITE}
    config.write_text(yaml.safe_dump(configured, sort_keys=False), "utf-8")
    with open_clouds(tmp_path_factory.mktemp("clouds"), Waits()) as clouds:
        clouds.show(folder, DAYS[-1])
        assert run(load_config(config), clock.NOW, stages=STAGES).status == "ok"
        yield config, clouds


def everything(clouds: Clouds) -> Tags:
    status = clouds.aws.costs.status
    return {**tags_in(clouds), **{f"{ACTIVATION}/{key}": {"Status": each} for key, each in status.items()}}


def test_the_estates_plan_there_and_back(estate: tuple[Path, Clouds]) -> None:
    config, clouds = estate
    plan = config.parent / "plan.yaml"
    said(config, "fix", "plan", "--to", str(plan), now=NOW)
    planned = read_plan(plan).plan.actions
    assert {each.target.provider_id for each in planned} == {"aws", "azure", "gcp"}
    for each in planned:  # AWS knows a key once a resource carries it
        if each.target.resource_type == ACTIVATION:
            clouds.aws.costs.status[each.target.resource_id.partition("/")[2]] = "Inactive"
    before = everything(clouds)
    # bills name resources that no cloud has any more; they are said to be gone, and all else is done
    unknown = {e.target.resource_id for e in planned} - set(before) - {BACKFILL}

    said(config, "fix", "approve", str(plan), now=NOW, by="bea")
    looked = outcomes(said(config, "fix", "apply", str(plan), now=NOW, code=3 if unknown else 0))
    assert everything(clouds) == before, "without --write nothing is written"
    told = outcomes(said(config, "fix", "apply", str(plan), "--write", now=NOW, code=3 if unknown else 0))
    assert {own for own, each in told.items() if each == "gone"} == unknown
    assert {each for own, each in told.items() if own not in unknown} <= {"applied", "already"}
    assert {own for own, each in looked.items() if each == "would-apply"} >= {
        o for o in told if told[o] == "applied"
    }

    now = everything(clouds)
    wanted = {own: dict(tags) for own, tags in before.items()}
    for each in planned:
        if each.target.resource_id in wanted:
            wanted[each.target.resource_id] |= {c.raw_key: c.after or "" for c in each.changes}
    assert now == wanted, "what the plan says, and nothing else"

    back = outcomes(said(config, "fix", "rollback", str(plan), "--write", now=NOW))
    assert set(back.values()) <= {"applied", "kept"}
    assert everything(clouds) == before
