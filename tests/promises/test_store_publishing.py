"""What does a reader see while the store is replaced, and what does a run leave alone?"""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from recon.config import load_config
from recon.errors import Exit, InputError, LockHeld
from recon.run import Result, reporting, run
from recon.run import walk as walk_module
from recon.store.store import StorePaths, locked
from tests.bills import NOW, line, tables, write_bill, write_config

VIEWS = (
    "charges",
    "resources",
    "verdicts",
    "findings",
    "drift",
    "coverage",
    "slis",
    "ledger",
    "fix_actions",
    "closing",
    "runs",
)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configured bill of a secret and an untagged line, not loaded yet."""
    path = write_config(tmp_path / "estate")
    write_bill(
        bill_of(path), [line(tags={"cost-center": "search", "note": "password=hunter22"}), line(6, cost="4")]
    )
    return path


def bill_of(config: Path) -> Path:
    return config.parent / "exports" / "bill.csv"


def once(config: Path) -> Result:
    return run(load_config(config), NOW)


def total(con: duckdb.DuckDBPyConnection) -> Decimal:
    [(amount,)] = con.execute("SELECT coalesce(sum(BilledCost), 0) FROM charges").fetchall()
    return Decimal(amount)


def told(folder: Path) -> dict[str, bytes]:
    """The files of a report folder, its run id aside."""
    return {
        str(path.relative_to(folder)): path.read_bytes().replace(folder.name.encode(), b"RUN")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def shell(config: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "recon", "run", "--config", str(config), "--now", "2026-11-03T06:00:00Z", *args],
        capture_output=True, text=True, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip


# readers


def test_an_open_reader_keeps_the_version_it_opened(config: Path) -> None:
    store = once(config).store
    reader = duckdb.connect(str(store), read_only=True)
    assert total(reader) == Decimal("5.25")
    write_bill(bill_of(config), [line(cost="100")])
    subprocess_result = shell(
        config
    )  # DuckDB shares a file that one process opens twice: the writer is another process
    assert subprocess_result.returncode == Exit.DONE, subprocess_result.stderr
    assert total(reader) == Decimal("5.25")
    reader.close()
    fresh = duckdb.connect(str(store), read_only=True)
    assert total(fresh) == Decimal(100)
    fresh.close()


def test_the_published_file_is_never_absent_while_it_is_replaced(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = once(config).store
    write_bill(bill_of(config), [line(cost="100")])
    before = store.stat().st_ino
    there: list[tuple[bool, int, int]] = []
    replace = Path.replace

    def watched(self: Path, target: Path) -> Path:
        if Path(target) == store:
            there.append((store.exists(), store.stat().st_ino, self.stat().st_ino))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", watched)
    once(config)
    [(present, old, new)] = there
    assert present
    assert old == before  # the old file stood there to the last moment
    assert store.stat().st_ino == new != old  # and the new one took its place whole


def test_a_run_that_breaks_leaves_the_published_store_and_no_litter(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = once(config).store
    before = store.read_bytes()
    write_bill(bill_of(config), [line(cost="100")])

    def broken(*args: object) -> None:
        raise RuntimeError("the disk is on fire")

    monkeypatch.setattr(walk_module, "conclude", broken)
    with pytest.raises(RuntimeError):
        once(config)
    assert store.read_bytes() == before
    assert [
        path.name for path in store.parent.iterdir() if path.name.startswith(".") or path.suffix == ".wal"
    ] == []
    assert [path.name for path in (config.parent / "out").iterdir() if path.name.startswith(".")] == []


def test_only_the_owner_may_read_the_private_file(config: Path) -> None:
    store = once(config).store
    private = StorePaths(store).private
    assert "hunter22" in private.read_text("utf-8")
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_the_working_copy_is_private_while_the_run_works(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes = []
    original = reporting.conclude

    def watching(*args: object, **kwargs: object) -> object:
        work = StorePaths(load_config(config).store).work
        modes.append(stat.S_IMODE(work.stat().st_mode))
        return original(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(walk_module, "conclude", watching)
    once(config)
    write_bill(bill_of(config), [line(cost="100")])
    once(config)
    assert modes == [0o600, 0o600]


# the lock


@contextmanager
def busy(config: Path) -> Iterator[None]:
    """Another run holds the lock."""
    paths = StorePaths(load_config(config).store)
    paths.published.parent.mkdir(parents=True, exist_ok=True)
    with paths.lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def test_a_second_run_is_told_that_another_one_works(config: Path) -> None:
    with busy(config), pytest.raises(LockHeld, match="another run works on"):
        once(config)


def test_a_second_run_leaves_with_five_and_touches_nothing(config: Path) -> None:
    store = once(config).store
    before = store.read_bytes()
    reports = sorted(path.name for path in (config.parent / "out").iterdir())
    write_bill(bill_of(config), [line(cost="100")])
    with busy(config):
        refused = shell(config)
    assert refused.returncode == Exit.LOCKED
    assert "another run works on" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert store.read_bytes() == before
    assert sorted(path.name for path in (config.parent / "out").iterdir()) == reports


def test_the_lock_ends_with_its_run(config: Path) -> None:
    once(config)
    with locked(StorePaths(load_config(config).store)):
        pass


# nothing new


def test_a_second_run_with_nothing_new_changes_no_byte_of_the_store(config: Path) -> None:
    first = once(config)
    before = first.store.stat()
    digest = hashlib.sha256(first.store.read_bytes()).hexdigest()
    second = once(config)
    assert not second.changed
    after = second.store.stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_size) == (
        before.st_mtime_ns,
        before.st_ino,
        before.st_size,
    )
    assert hashlib.sha256(second.store.read_bytes()).hexdigest() == digest


def test_a_second_run_with_nothing_new_reports_the_same_under_its_own_id(config: Path) -> None:
    first, second = once(config), once(config)
    assert first.out_dir
    assert second.out_dir
    assert first.out_dir != second.out_dir
    assert (config.parent / "out" / "latest").resolve() == second.out_dir.resolve()
    assert told(second.out_dir) == told(first.out_dir)
    assert "index.html" in told(second.out_dir)


def test_a_touched_file_is_nothing_new(config: Path) -> None:
    once(config)
    os.utime(bill_of(config), (1, 1))
    assert not once(config).changed


def test_a_changed_byte_is_something_new(config: Path) -> None:
    once(config)
    before = bill_of(config).stat()
    bill_of(config).write_bytes(bill_of(config).read_bytes().replace(b"1.25", b"1.75"))
    os.utime(bill_of(config), ns=(before.st_atime_ns, before.st_mtime_ns + 1))  # same size
    result = once(config)
    assert result.changed
    con = duckdb.connect(str(result.store), read_only=True)
    assert total(con) == Decimal("5.75")
    con.close()


def test_the_same_bytes_delivered_again_after_a_restatement_bring_the_same_tables(config: Path) -> None:
    store = once(config).store
    original = bill_of(config).read_bytes()
    views = [view for view in VIEWS if view != "runs"]
    before = tables(store, *views)
    write_bill(bill_of(config), [line(cost="100")])
    once(config)
    assert tables(store, *views) != before
    bill_of(config).write_bytes(original)
    once(config)
    found = tables(store, *views)
    # A finding that went away stays as closed, with the days on which it was seen.
    assert {view: rows for view, rows in found.items() if view != "findings"} == {
        view: rows for view, rows in before.items() if view != "findings"
    }


# places


def test_bills_in_a_read_only_folder_are_read_where_they_lie(config: Path) -> None:
    exports = config.parent / "exports"
    listed = sorted(exports.iterdir())
    bill_of(config).chmod(0o400)
    exports.chmod(0o500)
    try:
        result = once(config)
        assert result.status == "ok"
        assert sorted(exports.iterdir()) == listed
    finally:
        exports.chmod(0o700)


def test_a_store_in_a_folder_that_can_not_be_made_is_the_user_s_to_mend(config: Path) -> None:
    (config.parent / "var").write_text("a file where the folder should be", "utf-8")
    with pytest.raises(InputError, match="can't be written"):
        once(config)
