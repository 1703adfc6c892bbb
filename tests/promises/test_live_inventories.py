"""What a cloud says live, through the whole job: history, gaps, and what is not known because nobody could look.

The cloud is told what to say here: what its SDK does is tested where the SDK is (tests/connectors).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import recon.run.live as live_module
import recon.run.sources as sources_module
from recon.config import load_config
from recon.errors import Unreachable
from recon.run import run
from recon.run.publishing import Result
from recon.snapshot.listing import Activation, Resource, Unseen
from recon.store.store import StorePaths
from tests.bills import line, write_bill, write_config
from tests.connectors.live.told import ToldLister, instance, unit

NIGHT = datetime(2026, 10, 5, 2)
ME, OTHER = "111111111111", "222222222222"
Said = dict[Any, list[Any]]


class Cloud:
    """A configured AWS inventory over a cloud that is told what to say each night."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.config = write_config(folder)
        text = self.config.read_text("utf-8")
        self.config.write_text(
            f"{text}\ninventory:\n  - {{name: live, connector: aws, workers: 2}}\n", "utf-8"
        )
        self.folder, self.lister = folder, ToldLister({})
        monkeypatch.setattr(live_module, "open_lister", lambda source: self.lister)

    def bill(self, *lines: dict[str, Any]) -> None:
        write_bill(self.folder / "exports" / "bill.csv", list(lines))

    def night(self, n: int, said: Said, **more: Any) -> Result:
        self.lister = ToldLister(said, **more)
        stages = frozenset({"snapshot", "ingest", "reconcile"})
        return run(load_config(self.config), NIGHT + timedelta(days=n), stages=stages)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(load_config(self.config).store), read_only=True) as con:
            return con.execute(query).fetchall()

    def live(self) -> list[tuple[Any, ...]]:
        return self.ask("SELECT resource_name FROM base.resource WHERE deleted_at IS NULL ORDER BY 1")


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    made = Cloud(tmp_path, monkeypatch)
    made.bill(*(billed(name) for name in ("i-1", "i-2")))
    return made


def billed(name: str, day: int = 5, **tags: str) -> dict[str, Any]:
    arn = f"arn:aws:ec2:eu-central-1:{ME}:instance/{name}"
    more = {
        "ProviderName": "AWS",
        "SubAccountId": ME,
        "ResourceId": arn,
        "ResourceType": "AWS::EC2::Instance",
    }
    return line(day, tags=tags, **more)


def two(**tags: str) -> Said:
    return {unit(ME): [instance(ME, "i-1", **tags), instance(ME, "i-2", **tags)]}


def test_a_night_gives_history_and_no_gap(cloud: Cloud) -> None:
    result = cloud.night(0, two(team="a"))
    assert [gap for gap in result.summary["gaps"] if gap["kind"] != "not-configured"] == []
    assert cloud.live() == [("i-1",), ("i-2",)]
    assert cloud.ask("SELECT provider_id, account_id, complete, resources FROM base.snapshot") == [
        ("aws", ME, True, 2)
    ]
    assert cloud.lister.closed


def test_what_is_not_there_any_more_is_gone_from_that_night_on(cloud: Cloud) -> None:
    cloud.night(0, two())
    cloud.night(1, {unit(ME): [instance(ME, "i-1")]})
    assert cloud.ask("SELECT resource_name, deleted_at FROM base.resource WHERE deleted_at IS NOT NULL") == [
        ("i-2", NIGHT + timedelta(days=1))
    ]


def test_an_account_with_nothing_left_is_empty_and_not_unseen(cloud: Cloud) -> None:
    cloud.night(0, two())
    result = cloud.night(1, {unit(ME): []})
    assert cloud.live() == []
    assert result.status == "ok"


@pytest.mark.parametrize(
    "unseen",
    [Unseen("aws", ME, "access denied", kind="denied"), Unseen("aws", ME, "denied", "eu-central-1"),
     Unseen("aws", ME, "denied", "eu-central-1", "AWS::EC2::Instance"), Unseen("aws", "", "throttled")],
    ids=["the account", "the region", "the type", "everything"],
)  # fmt: skip
def test_what_could_not_be_seen_is_not_gone(cloud: Cloud, unseen: Unseen) -> None:
    cloud.night(0, two())
    elsewhere = {unit(ME, "us-east-1"): [instance(ME, "i-us", "us-east-1")]}
    result = cloud.night(1, elsewhere, unseen=[unseen])
    assert cloud.live() == [("i-1",), ("i-2",), ("i-us",)]
    assert result.status == "partial"
    assert cloud.ask("SELECT complete FROM base.snapshot ORDER BY observed_at") == [(True,), (False,)]


def test_what_could_not_be_seen_elsewhere_keeps_nothing_alive(cloud: Cloud) -> None:
    cloud.night(0, two())
    cloud.night(1, {unit(ME): [instance(ME, "i-1")]}, unseen=[Unseen("aws", ME, "denied", "us-east-1")])
    assert cloud.live() == [("i-1",)]


def test_a_region_seen_for_the_first_time_says_nothing_about_since_when(cloud: Cloud) -> None:
    cloud.night(0, {unit(ME, "us-east-1"): []}, unseen=[Unseen("aws", ME, "denied", "eu-central-1")])
    cloud.night(1, {**two(team="a"), unit(ME, "us-east-1"): [instance(ME, "i-us", "us-east-1")]})
    assert cloud.ask(
        "SELECT resource_name, assumed_start FROM base.resource_state JOIN base.resource USING (resource_no) ORDER BY 1"
    ) == [("i-1", True), ("i-2", True), ("i-us", False)]


def test_a_denied_account_is_a_gap_with_the_permission_and_its_money_is_not_called_unknown(
    cloud: Cloud,
) -> None:
    denied = Unreachable(
        "aws", "access denied", "sts:AssumeRole on arn:aws:iam::111111111111:role/audit", "denied"
    )
    result = cloud.night(0, {unit(ME): [denied], unit(OTHER): [instance(OTHER, "i-9")]})
    [gap] = [gap for gap in result.summary["gaps"] if gap["kind"] == "denied"]
    assert gap["provider"] == "aws"
    assert ME in gap["scope"]
    assert gap["permission"].startswith("sts:AssumeRole")
    assert result.status == "partial"
    assert cloud.ask("SELECT DISTINCT v.verdict, j.live_known FROM base.judgement j JOIN base.verdict_name v ON "
                     "v.verdict_no = j.verdict") == [("untagged", False)]  # fmt: skip


def test_in_a_complete_account_a_billed_resource_that_is_not_there_is_unknown(cloud: Cloud) -> None:
    cloud.night(0, {unit(ME): [instance(ME, "i-1")]})
    cloud.night(1, {unit(ME): [instance(ME, "i-1")]})
    found = cloud.ask(
        "SELECT v.verdict FROM base.judgement j JOIN base.verdict_name v ON v.verdict_no = j.verdict"
    )
    assert ("unknown-resource",) in found


def test_many_regions_of_one_reason_are_one_gap(cloud: Cloud) -> None:
    unseen = [
        Unseen("aws", ME, "denied", f"r-{n:02}", kind="denied", permission="tag:GetResources")
        for n in range(17)
    ]
    result = cloud.night(0, two(), unseen=unseen)
    [gap] = [gap for gap in result.summary["gaps"] if gap["kind"] == "denied"]
    assert "r-00, r-01, r-02, r-03, r-04 and 12 more" in gap["reason"]


def test_a_cloud_that_can_t_be_asked_at_all_is_a_gap_and_yesterday_stays(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.night(0, two())

    def blind(self: ToldLister) -> list[Unseen]:
        raise Unreachable("AWS", "no credentials were found", kind="denied")

    with monkeypatch.context() as patch:
        patch.setattr(ToldLister, "units", blind)
        result = cloud.night(1, {})
    assert [gap["scope"] for gap in result.summary["gaps"] if gap["kind"] == "denied"] == ["inventory live"]
    assert cloud.live() == [("i-1",), ("i-2",)]


def test_the_provider_s_word_about_activation_counts_before_what_the_bill_shows(cloud: Cloud) -> None:
    """The key is on another line of the bill, but its provider says that it is inactive now."""
    cloud.bill(billed("i-1"), billed("i-2", **{"cost-center": "search"}))
    tagged = {unit(ME): [instance(ME, n, **{"cost-center": "search"}) for n in ("i-1", "i-2")]}
    query = "SELECT DISTINCT v.verdict FROM base.judgement j JOIN base.verdict_name v ON v.verdict_no = j.verdict ORDER BY 1"
    cloud.night(0, tagged)
    assert cloud.ask(query) == [("not-billed",), ("ok",)]
    cloud.night(1, tagged, told=[Activation("aws", "payer", "cost-center", "inactive")])
    cloud.bill(billed("i-1"), billed("i-2", **{"cost-center": "search"}), billed("i-2", 6))
    cloud.night(2, tagged, told=[Activation("aws", "payer", "cost-center", "inactive")])
    assert ("not-activated",) in cloud.ask(query)


def test_asked_twice_at_one_instant_nothing_is_added(cloud: Cloud) -> None:
    cloud.night(0, two(team="a"))
    before = cloud.ask("SELECT * FROM base.resource_state ORDER BY ALL")
    result = cloud.night(0, two(team="a"))
    assert cloud.ask("SELECT * FROM base.resource_state ORDER BY ALL") == before
    assert len(cloud.ask("SELECT * FROM base.snapshot")) == 1
    assert result.status == "ok"


def test_what_the_listing_left_on_the_disk_goes_with_the_publishing_and_stays_for_a_cut_run(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = StorePaths(load_config(cloud.config).store)
    cloud.night(0, two())
    assert not paths.listing.exists()

    def broken(*args: object) -> None:
        raise RuntimeError("the machine stopped")

    with monkeypatch.context() as patch:
        patch.setattr("recon.run.walk.match_bills", broken)
        with pytest.raises(RuntimeError):
            cloud.night(1, two(team="b"))
    assert paths.listing.exists()
    asked: Callable[[Resource], None] = pytest.fail  # type: ignore[assignment]
    cloud.lister = ToldLister(two(team="b"), each=asked)
    run(load_config(cloud.config), NIGHT + timedelta(days=1, hours=3))
    assert cloud.ask("SELECT DISTINCT observed_at FROM base.snapshot ORDER BY 1")[-1] == (
        NIGHT + timedelta(days=1),
    )
    assert not paths.listing.exists()


def test_other_ids_by_which_a_bill_may_name_a_resource_are_kept(cloud: Cloud) -> None:
    also = Resource(
        "aws", ME, "eu-central-1", "AWS::EC2::Instance", "arn:x/i-1", "i-1", None, {}, ("i-1", "other")
    )
    cloud.night(0, {unit(ME): [also]})
    cloud.night(1, {unit(ME): [also]})
    assert cloud.ask("SELECT alias FROM base.resource_alias ORDER BY 1") == [("i-1",), ("other",)]


def test_an_account_that_is_not_shown_any_more_is_a_gap_and_not_empty(cloud: Cloud) -> None:
    cloud.night(0, {**two(), unit(OTHER): [instance(OTHER, "i-9", team="a")]})
    result = cloud.night(1, two())
    [gap] = [gap for gap in result.summary["gaps"] if gap["kind"] == "missing"]
    assert OTHER in gap["scope"]
    assert ("i-9",) in cloud.live()
    cloud.night(40, two())
    assert ("i-9",) not in cloud.live()  # a month without a sign


def test_regions_that_the_configuration_leaves_out_are_not_known_and_no_gap(cloud: Cloud) -> None:
    cloud.night(0, {**two(), unit(ME, "us-east-1"): [instance(ME, "i-us", "us-east-1", team="a")]})
    result = cloud.night(1, two())
    assert result.status == "ok"
    assert ("i-us",) in cloud.live()


def test_where_only_tagged_resources_are_listed_one_without_tags_is_not_gone(cloud: Cloud) -> None:
    cloud.night(0, {unit(ME): [instance(ME, "i-1", team="a"), instance(ME, "i-2")]})
    cloud.night(1, {unit(ME): []}, lists_untagged=False)
    assert cloud.live() == [("i-2",)]  # what had a tag is listed as long as it is there


def test_a_resource_whose_tags_can_t_be_read_is_not_gone(cloud: Cloud) -> None:
    cloud.night(0, two(team="a"))
    twice = {f"a{chr(0xD800)}": "x", f"a{chr(0xDFFF)}": "y"}  # two keys that become one
    cloud.night(1, {unit(ME): [instance(ME, "i-1", team="a"), instance(ME, "i-2", **twice)]})
    assert cloud.live() == [("i-1",), ("i-2",)]


def test_an_account_written_in_another_case_is_the_same(cloud: Cloud) -> None:
    lower = Resource("azure", "aa-1", "", "microsoft.compute/virtualmachines", "/subscriptions/aa-1/vm", "vm")
    here = unit(ME)
    cloud.night(0, {**two(), here: [*two()[here], lower]})
    cloud.night(1, two(), unseen=[Unseen("azure", "AA-1", "denied", kind="denied")])
    assert ("vm",) in cloud.live()


def test_what_can_t_be_asked_about_the_bill_makes_no_account_incomplete(cloud: Cloud) -> None:
    cloud.night(0, two(), told=[Unseen("aws", ME, "denied", "", "ce:cost-allocation-tag", "denied")])
    assert cloud.ask("SELECT complete FROM base.snapshot") == [(True,)]


def test_an_inventory_in_a_bucket_that_can_t_be_reached_is_a_gap_and_the_bills_are_read(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = cloud.config.read_text("utf-8").replace(
        "connector: aws, workers: 2", "location: 's3://nowhere/x/'"
    )
    cloud.config.write_text(text, "utf-8")

    def denied(*args: object, **more: object) -> None:
        raise Unreachable("s3://nowhere", "access denied", "s3:ListBucket", "denied")

    listed = sources_module.list_files
    monkeypatch.setattr(
        sources_module,
        "list_files",
        lambda at, *args, **more: denied() if "s3:" in at else listed(at, *args, **more),
    )
    result = cloud.night(0, {})
    assert [gap["scope"] for gap in result.summary["gaps"] if gap["kind"] == "denied"] == ["inventory live"]
    assert cloud.ask("SELECT count(*) FROM charges") == [(2,)]
