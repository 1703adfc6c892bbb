"""Does the doctor see what is wrong, say what to do, and change nothing?"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from configs.sample import write_estate
from recon.doctor import Check, examine


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    write_estate(tmp_path / "estate", scale=0.02)
    return tmp_path / "estate"


def seen(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in examine(folder / "tagrecon.yaml", environ={})}


def tree(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in sorted(folder.rglob("*"))}


def test_a_right_estate_has_nothing_wrong(fresh: Path) -> None:
    assert [check for check in seen(fresh).values() if check.state == "wrong"] == []


def test_looking_changes_nothing(fresh: Path) -> None:
    before = tree(fresh)
    seen(fresh)
    assert tree(fresh) == before


def test_formats_are_told_by_content(fresh: Path) -> None:
    assert "FOCUS 1.2 Parquet" in seen(fresh)["bill aws-bill"].says
    assert "FOCUS 1.0 CSV" in seen(fresh)["bill azure-bill"].says


def test_every_mistake_of_the_configuration_is_told_with_its_line(fresh: Path) -> None:
    config = fresh / "tagrecon.yaml"
    config.write_text("registry: registry.yaml\nbiling: []\ngrace_hours: soon\n", "utf-8")
    wrong = [c for c in examine(config, environ={}) if c.state == "wrong"]
    assert [f"tagrecon.yaml:{line}:" in check.says for line, check in zip((2, 3), wrong, strict=True)] == [
        True,
        True,
    ]


def test_a_wrong_registry_does_not_hide_the_bills(fresh: Path) -> None:
    (fresh / "registry.yaml").write_text("version: 1\nowner: team\nkeys: {}\n", "utf-8")
    found = seen(fresh)
    assert found["rules"].state == "wrong"
    assert found["bill aws-bill"].state == "ok"


def test_an_empty_folder_of_bills_says_what_to_do(fresh: Path) -> None:
    for path in (fresh / "exports/gcp").rglob("*.csv"):
        path.unlink()
    check = seen(fresh)["bill gcp-bill"]
    assert (check.state, "holds no file" in check.says, "deliver" in check.next) == ("wrong", True, True)


def test_a_damaged_bill_is_named(fresh: Path) -> None:
    (path, *_) = sorted((fresh / "exports/aws").rglob("*.parquet"))
    path.write_bytes(path.read_bytes()[:1000])
    found = examine(fresh / "tagrecon.yaml", environ={})
    assert any(c.state == "wrong" and path.name in c.says and "cut-off Parquet" in c.says for c in found)


def test_a_mask_key_whose_variable_is_not_set_is_wrong(fresh: Path) -> None:
    config = fresh / "tagrecon.yaml"
    config.write_text(config.read_text("utf-8") + "mask_key: ${TAGRECON_TEST_KEY}\n", "utf-8")
    unset = {c.name: c for c in examine(config, environ={})}["mask key"]
    is_set = {c.name: c for c in examine(config, environ={"TAGRECON_TEST_KEY": "hush"})}["mask key"]
    assert (unset.state, is_set.state) == ("wrong", "ok")
    assert "hush" not in is_set.says


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_wrong(fresh: Path) -> None:
    (fresh / "out").mkdir(mode=0o500)
    assert seen(fresh)["output"].state == "wrong"


def test_a_file_where_the_reports_should_be_is_wrong(fresh: Path) -> None:
    (fresh / "out").write_text("")
    assert seen(fresh)["output"].state == "wrong"


def test_a_published_run_is_seen_in_store_and_reports(estate_copy: Path) -> None:
    check = seen(estate_copy)["published"]
    assert check.state == "ok", check.says


def test_reports_of_another_run_than_the_stores_are_seen(estate_copy: Path) -> None:
    (estate_copy / "out/latest").unlink()
    (estate_copy / "out/latest").symlink_to("20200101T000000Z-000000")
    assert seen(estate_copy)["published"].state == "wrong"


def test_a_held_lock_is_seen_with_its_process_and_left_alone(estate_copy: Path) -> None:
    lock = estate_copy / "var/tagrecon.duckdb.lock"
    with lock.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        check = seen(estate_copy)["lock"]
    assert (check.state, str(os.getpid()) in check.says) == ("note", True)
    assert seen(estate_copy)["lock"].state == "ok"
