"""The whole sample estate is tagged, listed, and brought back to what it was."""

from __future__ import annotations

from pathlib import Path

from configs.sample.company import MANAGEMENT
from configs.sample.write import write_estate
from connectors.aws.inventory import open_lister
from recon.config.live import AwsScope
from tests.clouds.aws import AwsCloud
from tests.clouds.sample_estate import DAYS, dumped
from tests.clouds.waits import Waits
from tests.connectors.aws_inventory.conftest import listed
from tests.connectors.aws_writer.conftest import Opened, changed, target


def test_putting_and_taking_away_is_the_identity_on_the_whole_estate(
    cloud: AwsCloud, opened: Opened, tmp_path: Path
) -> None:
    write_estate(tmp_path, scale=0.1)
    [home] = (tmp_path / "inventory").glob(f"{DAYS[-1]}*")
    rows = [*dumped(home, "aws/[0-9]*.jsonl"), *dumped(home, "aws-tagging/*.json")]
    cloud.load(rows, own=MANAGEMENT.id)
    assert cloud.estate is not None
    before = cloud.estate.tags()
    targets = [target(row["id"], row["account"], row["region"], row["type"]) for row in rows]
    writer = opened(role="tagrecon-write")
    assert [writer.refuses(each) for each in targets] == [None] * len(rows)
    told = changed(writer, targets, {"fix-me": "once"})
    assert {type(said).__name__ for said in told.values()} == {"Done"}
    named = {each.resource_id for each in targets}
    after = {id: {**tags, "fix-me": "once"} if id in named else tags for id, tags in before.items()}
    assert cloud.estate.tags() == after
    lister = open_lister(AwsScope(organization=True, role="tagrecon-read"), Waits().pace())
    shown = {each.id: each.tags for each in listed(lister)[0] if each.type != "organizations:root"}
    assert shown == cloud.estate.tags()
    changed(writer, targets, {}, ("fix-me",))
    assert cloud.estate.tags() == before
