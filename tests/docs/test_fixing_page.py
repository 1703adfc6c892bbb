"""The page that fixes tags: its commands, one after the other, against three clouds on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from configs.sample.write import write_estate
from tests.clouds.sample_estate import DAYS, LIVE, Clouds, write_live_config
from tests.docs.papers import ROOT, blocks
from tests.docs.shell import SKIPPED, plain, steps, tell

PAGE = ROOT / "docs/fixing.md"
_NIGHT = """
SELECT strftime(observed_at, '%-d %b') AS day, sum(taggable_labelled)::INT, sum(taggable)::INT, key FROM live_coverage
WHERE key IN ('cost-center', 'environment') AND observed_at >= '2026-11-03' GROUP BY observed_at, key ORDER BY observed_at, key"""


@dataclass
class Walk:
    """The folder, and what the store told of the nights after each run."""

    folder: Path
    nights: list[list[tuple[Any, ...]]]
    tags: list[dict[str, Any]]


def everything(clouds: Clouds) -> dict[str, Any]:
    """All tags of all resources of the three clouds."""
    assert clouds.aws.estate is not None
    return {
        "aws": {own: dict(tags) for own, tags in clouds.aws.estate.tags().items()},
        "azure": {row["id"]: dict(row["tags"] or {}) for row in clouds.azure.rows},
        "gcp": {each.name: dict(each.labels) for each in clouds.gcp.assets},
    }


def said(shown: tuple[str, ...], answer: str) -> str | None:
    """The first shown line that the answer does not have after the ones before; `…` inside a line stands for any text."""
    lines = iter(plain(answer).splitlines())
    for line in plain("\n".join(shown)).splitlines():
        pattern = re.compile(
            "".join(".*" if part == SKIPPED else re.escape(part) for part in re.split(f"({SKIPPED})", line))
        )
        if line != SKIPPED and not any(pattern.fullmatch(each) for each in lines):
            return line
    return None


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Walk]:
    """All commands of the page have run, each answering as shown."""
    folder = tmp_path_factory.mktemp("fixing")
    write_estate(folder, 7, 0.05)
    write_live_config(folder)
    clouds = Clouds(folder)
    clouds.start()
    try:
        clouds.show(folder, DAYS[-1])
        clouds.aws.costs.status.update(
            {"CostCentre": "Inactive", "cost-center": "Active", "data-class": "Inactive"}
        )
        yield _walk(folder, clouds)
    finally:
        clouds.stop()


def _walk(folder: Path, clouds: Clouds) -> Walk:
    walk = Walk(folder, [], [everything(clouds)])
    for block in blocks(PAGE):
        if block.mark == "configuration":
            config = yaml.safe_load((folder / LIVE).read_text("utf-8")) | yaml.safe_load(block.text)
            (folder / "tagrecon.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
        elif block.mark == "plan":
            assert block.text in (folder / "fix-plan.yaml").read_text("utf-8")
        if block.language != "console":
            continue
        now = re.search(r"at: (\S+)", block.mark)
        code = re.search(r"exits: (\d)", block.mark)
        assert now
        if "somebody" in block.mark:
            asset = next(each for each in clouds.gcp.assets if each.labels.get("cost_center") == "dtaa")
            asset.labels["cost_center"] = "search"
            walk.tags[0]["gcp"][asset.name]["cost_center"] = "search"
        for step in steps(block.text):
            answer = tell(step.command, folder, now[1], clouds.environment())
            assert answer.returncode == int(code[1] if code else 0), f"{step.command}\n{answer.stdout}"
            assert said(step.shown, answer.stdout) is None, f"{step.command}\n{answer.stdout}"
            if step.command.startswith("tagrecon run"):
                with duckdb.connect(str(folder / "var-live/tagrecon.duckdb"), read_only=True) as con:
                    walk.nights.append(con.execute(_NIGHT).fetchall())
            if "--write" in step.command:
                walk.tags.append(everything(clouds))
    return walk


def test_the_page_says_what_its_commands_say(walked: Walk) -> None:
    assert len(walked.nights) == 3


def test_applying_changed_what_the_plan_says_and_rolling_back_left_nothing_of_it(walked: Walk) -> None:
    before, applied, back = walked.tags
    changed = {
        (cloud, own, key)
        for cloud, held in before.items()
        for own, tags in held.items()
        for key in {*tags, *applied[cloud][own]}
        if tags.get(key) != applied[cloud][own].get(key)
    }
    plan = yaml.safe_load((walked.folder / "fix-plan.yaml").read_text("utf-8"))
    planned = {(a["provider"], a["resource"], c["raw_key"]) for a in plan["actions"] for c in a["changes"]}
    assert len(planned - changed) == 1  # the one that somebody had changed
    assert changed < planned
    assert back == before


def test_the_tables_of_nights_are_the_stores(walked: Walk) -> None:
    text = PAGE.read_text("utf-8")
    for count, rows in ((2, walked.nights[1]), (3, walked.nights[2])):
        table = text.partition(f"<!-- nights: {count} -->\n")[2].partition("\n\n")[0]
        for day in dict.fromkeys(row[0] for row in rows):
            cells = {key: f"{labelled} of {taggable}" for at, labelled, taggable, key in rows if at == day}
            assert f"| {day} | {cells['cost-center']} | {cells['environment']} |" in table, (rows, table)


def test_the_report_shows_coverage_before_after_and_after_the_rollback(walked: Walk) -> None:
    page = (walked.folder / "out-live/latest/index.html").read_text("utf-8")
    page = page.replace("\N{NO-BREAK SPACE}", " ")
    section = page.partition('id="nights"')[2].partition("</section>")[0]
    newest, middle, oldest = section.split("<tr>")[2:5]
    assert "68.3 %" in newest and "32 fixes rolled back" in newest
    assert "71.3 %" in middle and "32 fixes applied" in middle
    assert "67.7 %" in oldest and "none" in oldest
