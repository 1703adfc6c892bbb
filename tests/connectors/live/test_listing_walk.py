"""The walk over units: nothing is listed twice, nothing is lost in silence, and a cut listing goes on."""

from __future__ import annotations

import gzip
import json
import stat
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connectors.live.parts import Parts
from connectors.live.walk import Night, take
from recon.errors import Unreachable
from recon.snapshot.listing import Activation, Listing, Unseen
from tests.connectors.live.told import ToldLister, instance, unit

NOW = datetime(2026, 11, 3, 2)
A, B, C = unit("111111111111"), unit("222222222222"), unit("333333333333")


def night(**more: object) -> Night:
    return Night(**{"mark": "m", "now": NOW, "workers": 2} | more)  # type: ignore[arg-type]


def rows_of(listing: Listing) -> list[dict[str, object]]:
    return [
        json.loads(line) for part in listing.parts for line in gzip.decompress(part.read_bytes()).splitlines()
    ]


def names(listing: Listing) -> list[str]:
    return sorted(str(row["name"]) for row in rows_of(listing))


def test_every_unit_is_listed_once_and_counted(tmp_path: Path) -> None:
    lister = ToldLister(
        {A: [instance("111111111111", "i-1", team="a")], B: [], C: [instance("333333333333", "i-3")]}
    )
    listing = take(lister, Parts(tmp_path), night())
    assert names(listing) == ["i-1", "i-3"]
    assert listing.resources == 2
    assert listing.accounts == {("aws", "111111111111"), ("aws", "222222222222"), ("aws", "333333333333")}
    assert listing.unseen == ()
    assert listing.observed_at == NOW
    assert sum(listing.calls.values()) == 3


def test_a_unit_that_can_t_be_listed_is_unseen_and_none_of_its_rows_count(tmp_path: Path) -> None:
    denied = Unreachable("aws", "access denied", "tag:GetResources", "denied")
    lister = ToldLister({A: [instance("111111111111", "i-1"), denied], B: [instance("222222222222", "i-2")]})
    listing = take(lister, Parts(tmp_path), night())
    assert names(listing) == ["i-2"]
    [unseen] = listing.unseen
    assert (unseen.account, unseen.region, unseen.kind, unseen.permission) == (
        "111111111111",
        "eu-central-1",
        "denied",
        "tag:GetResources",
    )
    assert listing.accounts == {("aws", "222222222222")}


def test_an_error_that_nobody_foresaw_costs_one_unit_by_name(tmp_path: Path) -> None:
    lister = ToldLister({A: [KeyError("\x1b[31mTags")], B: [instance("222222222222", "i-2")]})
    listing = take(lister, Parts(tmp_path), night())
    assert names(listing) == ["i-2"]
    assert "KeyError" in listing.unseen[0].reason
    assert "\x1b" not in listing.unseen[0].reason


def test_a_part_of_a_unit_that_was_not_seen_is_told_beside_its_rows(tmp_path: Path) -> None:
    part = Unseen(
        "aws", "111111111111", "denied", "eu-central-1", "AWS::S3::Bucket", "denied", "s3:ListAllMyBuckets"
    )
    listing = take(ToldLister({A: [part, instance("111111111111", "i-1")]}), Parts(tmp_path), night())
    assert names(listing) == ["i-1"]
    assert listing.unseen == (part,)


def test_where_no_unit_can_be_named_the_source_is_unreachable(tmp_path: Path) -> None:
    class Blind(ToldLister):
        def units(self):  # type: ignore[no-untyped-def]
            raise Unreachable("aws", "no credentials", kind="denied")

    with pytest.raises(Unreachable):
        take(Blind({}), Parts(tmp_path), night())


def test_a_listing_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    said = {
        A: [instance("111111111111", "i-1")],
        B: [instance("222222222222", "i-2")],
        C: [KeyboardInterrupt()],
    }
    with pytest.raises(KeyboardInterrupt):
        take(ToldLister(said), Parts(tmp_path), night(workers=1))  # type: ignore[arg-type]
    again = ToldLister({**said, C: [instance("333333333333", "i-3")]})  # type: ignore[dict-item]
    told: list[str] = []
    listing = take(again, Parts(tmp_path), night(now=NOW + timedelta(hours=2), tell=told.append))
    assert names(listing) == ["i-1", "i-2", "i-3"]
    assert listing.observed_at == NOW  # the first units were seen then
    assert list(again.calls) == [f"list:{C.key}"]
    assert any("2 of 3 units" in line for line in told)


@pytest.mark.parametrize(
    "other",
    [{"mark": "another"}, {"now": NOW + timedelta(hours=13)}, {"now": NOW - timedelta(hours=1)}],
    ids=["another configuration", "too old", "from the future"],
)
def test_a_listing_of_another_kind_or_age_is_not_gone_on_with(
    tmp_path: Path, other: dict[str, object]
) -> None:
    take(ToldLister({A: [instance("111111111111", "i-old")]}), Parts(tmp_path), night())
    listing = take(ToldLister({A: [instance("111111111111", "i-new")]}), Parts(tmp_path), night(**other))
    assert names(listing) == ["i-new"]


def test_a_unit_without_its_note_is_listed_again(tmp_path: Path) -> None:
    take(ToldLister({A: [instance("111111111111", "i-1")]}), Parts(tmp_path), night())
    Parts(tmp_path).path(A).with_suffix(".json").unlink()
    lister = ToldLister({A: [instance("111111111111", "i-1"), instance("111111111111", "i-2")]})
    assert names(take(lister, Parts(tmp_path), night())) == ["i-1", "i-2"]


def test_what_was_unseen_before_the_cut_is_still_told(tmp_path: Path) -> None:
    part = Unseen("aws", "111111111111", "denied", "eu-central-1", "AWS::S3::Bucket")
    first = take(ToldLister({A: [part]}, lists_untagged=False), Parts(tmp_path), night())
    again = take(ToldLister({A: []}), Parts(tmp_path), night())
    assert again.unseen == first.unseen == (part,)
    assert not again.lists_untagged


def test_an_unseen_unit_is_asked_again_when_it_goes_on(tmp_path: Path) -> None:
    take(ToldLister({A: [Unreachable("aws", "throttled", kind="throttled")]}), Parts(tmp_path), night())
    listing = take(ToldLister({A: [instance("111111111111", "i-1")]}), Parts(tmp_path), night())
    assert names(listing) == ["i-1"]
    assert listing.unseen == ()


def test_values_come_through_byte_for_byte_and_half_a_surrogate_costs_itself_alone(tmp_path: Path) -> None:
    odd = {"k": '<b>"\\\n\u2028', "=cmd": "'; DROP TABLE x; --", "": "", "half": "a\ud800b", "ё": "日本"}
    listing = take(ToldLister({A: [instance("111111111111", "i-1", **odd)]}), Parts(tmp_path), night())
    [row] = rows_of(listing)
    assert row["tags"] == {**odd, "half": "a?b"}


def test_only_the_owner_may_read_what_lies_there(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "parts")
    take(ToldLister({A: [instance("111111111111", "i-1")]}), parts, night())
    assert stat.S_IMODE(parts.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in parts.folder.iterdir()} == {0o600}


def test_units_of_one_account_don_t_keep_the_others_waiting(tmp_path: Path) -> None:
    many = {unit("111111111111", f"r-{n}"): [instance("111111111111", f"i-{n}")] for n in range(6)}
    lister = ToldLister({**many, B: [instance("222222222222", "i-b")]})  # type: ignore[dict-item]
    take(lister, Parts(tmp_path), night(workers=1))
    asked = list(lister.calls)
    assert asked.index(f"list:{B.key}") <= 1


def test_as_many_units_as_workers_are_listed_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(3, timeout=10)
    said = {each: [instance(each.account, "i")] for each in (A, B, C)}
    lister = ToldLister(said, each=lambda resource: together.wait() and None)  # type: ignore[arg-type]
    listing = take(lister, Parts(tmp_path), night(workers=3))
    assert listing.resources == 3  # the barrier breaks, and the units with it, unless all three were at it
    assert len(lister.threads) == 3


def test_progress_is_told_by_account(tmp_path: Path) -> None:
    told: list[str] = []
    said = {unit("111111111111", r): [instance("111111111111", f"i-{r}")] for r in ("a", "b")}
    take(ToldLister({**said, B: []}), Parts(tmp_path), night(tell=told.append))  # type: ignore[dict-item]
    assert any("aws 111111111111: 2 resources (" in line for line in told)
    assert any("(2 of 2 accounts" in line for line in told)


def test_what_reaches_the_bill_is_told(tmp_path: Path) -> None:
    said = [Activation("aws", "999999999999", "team", "inactive"), Unseen("aws", "999999999999", "denied")]
    listing = take(ToldLister({A: []}, told=said), Parts(tmp_path), night())  # type: ignore[arg-type]
    assert [a.key for a in listing.activations] == ["team"]
    assert [u.reason for u in listing.unseen] == ["denied"]


def test_where_there_is_nothing_to_list_that_is_said(tmp_path: Path) -> None:
    [unseen] = take(ToldLister({}), Parts(tmp_path), night()).unseen
    assert (unseen.account, unseen.kind) == ("", "missing")


def test_an_error_while_units_are_named_makes_the_source_unreachable_and_is_no_bug_of_ours(
    tmp_path: Path,
) -> None:
    class Odd(ToldLister):
        def units(self):  # type: ignore[no-untyped-def]
            raise ValueError("Invalid endpoint: nonsense")

    with pytest.raises(Unreachable, match="Invalid endpoint"):
        take(Odd({}), Parts(tmp_path), night())


def test_an_error_while_activations_are_read_costs_them_alone(tmp_path: Path) -> None:
    class Odd(ToldLister):
        def activations(self):  # type: ignore[no-untyped-def]
            raise KeyError("TagKey")

    listing = take(Odd({A: [instance("111111111111", "i-1")]}), Parts(tmp_path), night())
    assert names(listing) == ["i-1"]
    assert "KeyError" in listing.unseen[0].reason
