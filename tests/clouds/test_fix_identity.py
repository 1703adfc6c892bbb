"""Is apply, then roll back, the identity on the whole sample estate, whatever is planned on whichever of its resources?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs.sample.write import write_estate
from recon.fix.planned import Action, Change
from recon.fix.writing import Target
from recon.model import short_id
from tests.clouds.fixing import RAW, Bench, open_clouds
from tests.clouds.sample_estate import DAYS, dumped
from tests.clouds.waits import Waits

VALUES = st.sampled_from(("payments", "search", "data"))
SOURCES = {
    "aws": ("aws/[0-9]*.jsonl", "aws-tagging/*.json"),
    "azure": ("azure/*.json",),
    "gcp": ("gcp/*.jsonl",),
}


@dataclass
class Estate:
    """`targets`: all that the estate's newest inventory lists."""

    bench: Bench
    source: Path
    targets: list[Target]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    source = tmp_path_factory.mktemp("estate")
    write_estate(source, scale=0.05)
    [home] = (source / "inventory").glob(f"{DAYS[-1]}*")
    rows = [
        (p, row) for p, patterns in SOURCES.items() for pattern in patterns for row in dumped(home, pattern)
    ]
    targets = [Target(p, row["account"], row["region"] or "", row["type"], row["id"]) for p, row in rows]
    with open_clouds(tmp_path_factory.mktemp("clouds"), Waits()) as clouds:
        clouds.show(source, DAYS[-1])
        yield Estate(Bench(tmp_path_factory.mktemp("bench"), clouds), source, sorted(set(targets)))


def set_to(target: Target, value: str, tags: dict[str, str]) -> Action | None:
    """The action that gives a resource this cost center; None where it has it."""
    raw_key, provider = RAW[target.provider_id], target.provider_id
    if provider == "azure":  # where names fold
        raw_key = next((key for key in tags if key.casefold() == raw_key), raw_key)
    before = tags.get(raw_key)
    if before == value:
        return None
    return Action(
        short_id("fix", provider, target.account_id, target.resource_id, "cost-center"), target, "cost-center",
        (Change(raw_key, before, value),), "untagged", "why", "evidence", "f", Decimal("0.9"),
    )  # fmt: skip


def there_and_back(estate: Estate, wanted: list[tuple[Target, str]], name: str) -> int:
    """Apply and roll back; how many took effect."""
    folder = estate.bench.folder / name
    folder.mkdir(exist_ok=True)
    bench = Bench(folder, estate.bench.clouds)
    bench.configure(fix={"failure_ratio": 1})
    before = bench.tags()
    actions = [a for t, value in wanted if (a := set_to(t, value, before.get(t.resource_id, {})))]
    if not actions:
        return 0
    bench.write_plan(actions)
    answer = bench.go("fix", "apply", str(bench.plan), "--write", code=None)
    took = {row["resource"] for row in answer["outcomes"] if row["outcome"] == "applied"}
    refused = {
        (row["outcome"], row["reason"])
        for row in answer["outcomes"]
        if row["outcome"] not in ("applied", "already")
    }
    assert {outcome for outcome, _ in refused} <= {"unsupported"}, refused
    now = bench.tags()
    assert {own for own in before if now[own] != before[own]} == took
    for action in actions:
        [change] = action.changes
        if action.target.resource_id in took:
            assert now[action.target.resource_id] == before[action.target.resource_id] | {
                change.raw_key: change.after
            }
    if took:
        bench.roll_back()
    assert bench.tags() == before
    return len(took)


def test_all_resources_of_the_estate_there_and_back(estate: Estate) -> None:
    took = there_and_back(estate, [(t, "search") for t in estate.targets], "all")
    assert took > 100
    assert {t.provider_id for t in estate.targets} == {"aws", "azure", "gcp"}


@settings(max_examples=8)
@given(data=st.data())
def test_any_values_on_any_resources_there_and_back(estate: Estate, data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(estate.targets), max_size=25, unique=True))
    values = [data.draw(VALUES) for _ in some]
    there_and_back(estate, list(zip(some, values, strict=True)), "some")
