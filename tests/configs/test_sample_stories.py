"""Do inventory and bill tell each planted story: who is listed when, and which tag stands where?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from configs.sample import clock

Listing = dict[str, dict[str, str]]
DAYS = [d.isoformat() for d in clock.SNAPSHOTS]


@pytest.fixture(scope="session")
def dumps(estate: Any) -> dict[str, Listing]:
    """Per snapshot day: resource id → its tags, read from the dumps of all clouds."""
    return {day: listing(estate.folder / "inventory" / day) for day in DAYS}


def listing(folder: Path) -> Listing:
    found: Listing = {}
    for path in folder.rglob("*.jsonl"):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            found[row.get("id") or row["name"]] = row.get("tags") or row.get("labels") or {}
    for row in json.loads((folder / "azure" / "resources.json").read_text(encoding="utf-8"))["data"]:
        found[row["id"]] = row["tags"] or {}
    for path in folder.glob("aws-tagging/*.json"):
        for row in json.loads(path.read_text(encoding="utf-8"))["ResourceTagMappingList"]:
            found[row["ResourceARN"]] = {t["Key"]: t["Value"] for t in row["Tags"]}
    return found


def ids(estate: Any, kind: str) -> set[str]:
    found = {d.resource for d in (*estate.truth.defects, *estate.truth.controls) if d.kind == kind}
    assert found, f"no {kind} is planted"
    return found


def billed_tags(estate: Any, kind: str) -> list[dict[str, str]]:
    as_billed = {d.billed_as for d in (*estate.truth.defects, *estate.truth.controls) if d.kind == kind}
    rows = [r for r in estate.bill if r.get("ResourceId") in as_billed and r["ChargeCategory"] == "Usage"]
    assert rows, f"no line of {kind}"
    return [r["Tags"] for r in rows]


def owner_tags(tags: dict[str, str]) -> dict[str, str]:
    return {
        k: v
        for k, v in tags.items()
        if k.replace("_", "-").lower() in ("cost-center", "costcenter", "costcentre")
    }


def test_an_unknown_resource_is_in_no_dump(estate: Any, dumps: dict[str, Listing]) -> None:
    assert not ids(estate, "unknown-resource") & {i for listed in dumps.values() for i in listed}


def test_a_deleted_resource_is_in_the_first_two_dumps_only(estate: Any, dumps: dict[str, Listing]) -> None:
    for resource in ids(estate, "deleted"):
        assert [day for day in DAYS if resource in dumps[day]] == DAYS[:2]


def test_a_resource_that_is_live_but_not_billed_is_in_every_dump_and_on_no_line(
    estate: Any, dumps: dict[str, Listing]
) -> None:
    planted = [d for d in estate.truth.defects if d.check == "live-not-billed"]
    billed = {r.get("ResourceId") for r in estate.bill}
    for defect in planted:
        assert all(defect.resource in dumps[day] for day in DAYS)
        assert defect.billed_as not in billed


@pytest.mark.parametrize("kind", ["untagged", "untagged-catalogued", "exempt", "inherited-ladder"])
def test_what_is_absent_is_absent_live_and_on_the_bill(
    estate: Any, dumps: dict[str, Listing], kind: str
) -> None:
    owner = {
        d.resource
        for d in (*estate.truth.defects, *estate.truth.controls)
        if d.kind == kind and d.key == "cost-center"
    }
    assert owner
    assert not any(owner_tags(dumps[day][resource]) for day in DAYS for resource in owner)
    as_billed = {d.billed_as for d in (*estate.truth.defects, *estate.truth.controls) if d.resource in owner}
    assert not any(owner_tags(r["Tags"]) for r in estate.bill if r.get("ResourceId") in as_billed)


def test_what_is_not_billed_is_live_in_every_dump(estate: Any, dumps: dict[str, Listing]) -> None:
    for resource in ids(estate, "not-billed"):
        assert all(owner_tags(dumps[day][resource]) for day in DAYS)
    assert not any(map(owner_tags, billed_tags(estate, "not-billed")))


def test_bill_and_resource_contradict_each_other_all_the_time(estate: Any, dumps: dict[str, Listing]) -> None:
    for defect in estate.truth.defects:
        if defect.kind != "conflict-live" or defect.key != "cost-center":
            continue
        live = {next(iter(owner_tags(dumps[day][defect.resource]).values())) for day in DAYS}
        lines = [r["Tags"] for r in estate.bill if r.get("ResourceId") == defect.billed_as]
        billed = {next(iter(owner_tags(tags).values())) for tags in lines}
        assert len(live) == len(billed) == 1
        assert live != billed


def test_two_spellings_of_the_key_stand_side_by_side(estate: Any) -> None:
    for tags in billed_tags(estate, "conflict-spellings"):
        assert len(set(owner_tags(tags).values())) == 2


def test_a_late_tag_is_first_seen_on_the_last_day_of_october(estate: Any, dumps: dict[str, Listing]) -> None:
    for resource in ids(estate, "tagged-late-history") | ids(estate, "lagging"):
        assert [day for day in DAYS if owner_tags(dumps[day][resource])] == DAYS[-2:]


def test_the_bill_carries_a_container_value_that_the_resource_lacks(
    estate: Any, dumps: dict[str, Listing]
) -> None:
    assert all(map(owner_tags, billed_tags(estate, "inherited-bill")))
    for resource in ids(estate, "inherited-bill"):
        assert not any(owner_tags(dumps[day][resource]) for day in DAYS)
        group = resource.split("/providers/")[0]
        assert owner_tags(dumps[DAYS[0]][group])


def test_an_empty_value_is_blank_on_the_bill_too(estate: Any) -> None:
    assert all(list(owner_tags(tags).values()) == [""] for tags in billed_tags(estate, "empty-value"))


def test_a_retired_value_and_a_sunset_key_are_never_billed_on_the_day_itself(estate: Any) -> None:
    weekdays = {"retired-value": clock.VALUE_RETIRED, "deprecated-key": clock.KEY_SUNSET}
    for kind, day in weekdays.items():
        as_billed = {d.billed_as for d in estate.truth.defects if d.kind == kind}
        days = {str(r["ChargePeriodStart"])[:10] for r in estate.bill if r.get("ResourceId") in as_billed}
        assert days
        assert day.isoformat() not in days
