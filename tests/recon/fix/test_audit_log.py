"""Does the log stay one unbroken chain, and is every edit, removal, reorder and cut found?"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.errors import InputError, LockHeld
from recon.fix.log import AuditLog, News, applying
from recon.fix.proof import prove

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)


def filled(path: Path, count: int = 6) -> AuditLog:
    log = AuditLog(path / "store.audit.jsonl")
    for n in range(count):
        log.append([News("ana", "approve", f"plan{n}", {"until": "x", "n": n})], NOW)
    return log


def test_events_come_back_in_their_order_and_the_chain_holds(tmp_path: Path) -> None:
    log = filled(tmp_path)
    assert [e.subject for e in log.events()] == [f"plan{n}" for n in range(6)]
    proof = prove(log)
    assert proof.holds
    assert proof.head == f"6:{log.events()[-1].hash}"
    assert oct(log.path.stat().st_mode)[-3:] == "600"
    assert prove(AuditLog(tmp_path / "none")).holds


def _lines(log: AuditLog) -> list[bytes]:
    return log.path.read_bytes().splitlines(keepends=True)


EDITS: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "a word edited": lambda ls: [*ls[:2], ls[2].replace(b"ana", b"bob"), *ls[3:]],
    "a line removed": lambda ls: [*ls[:2], *ls[3:]],
    "the first line removed": lambda ls: ls[1:],
    "two lines swapped": lambda ls: [ls[0], ls[2], ls[1], *ls[3:]],
    "the end cut off": lambda ls: ls[:-1],
    "a line doubled": lambda ls: [*ls[:3], ls[2], *ls[3:]],
    "a line of something else": lambda ls: [*ls[:2], b"{}\n", *ls[2:]],
    "blanks added": lambda ls: [*ls[:2], ls[2].replace(b'","', b'", "', 1), *ls[3:]],
    "everything gone": lambda ls: [],
}


@pytest.mark.parametrize("edit", EDITS)
def test_any_change_of_the_file_is_found(edit: str, tmp_path: Path) -> None:
    log = filled(tmp_path)
    log.path.write_bytes(b"".join(EDITS[edit](_lines(log))))
    assert not prove(log).holds


@given(st.data())
def test_any_byte_that_is_changed_is_found(data: st.DataObject) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        log = filled(Path(folder), 3)
        raw = bytearray(log.path.read_bytes())
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at] ^= data.draw(st.integers(1, 255))
        log.path.write_bytes(bytes(raw))
        assert not prove(log).holds


def test_a_log_that_was_written_anew_is_found_by_a_head_kept_elsewhere(tmp_path: Path) -> None:
    kept = prove(filled(tmp_path)).head
    forged = filled(tmp_path / "forged", 5)  # whole and consistent, one event short
    assert prove(forged).holds
    assert not prove(forged, expected=kept).holds
    assert prove(filled(tmp_path / "other"), expected=kept).holds  # the same events give the same head
    assert not prove(forged, known=[(6, kept.partition(":")[2])]).holds


def test_a_torn_last_line_is_cut_off_and_told(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    with log.path.open("ab") as file:
        file.write(b'{"n": 3, "at"')
    assert [e.n for e in log.events()] == [1, 2]
    log.append([News("ana", "approve", "plan", {})], NOW)
    assert [e.what for e in log.events()] == ["approve", "approve", "log.mended", "approve"]
    assert prove(log).holds


def test_a_kill_between_line_and_head_is_no_edit(tmp_path: Path) -> None:
    log = filled(tmp_path)
    head = log.head_path.read_text()
    log.append([News("ana", "approve", "later", {})], NOW)
    log.head_path.write_text(head)
    assert prove(log).holds
    log.head_path.unlink()
    assert not prove(log).holds


def test_a_line_that_is_none_names_file_and_line(tmp_path: Path) -> None:
    log = filled(tmp_path, 2)
    log.path.write_bytes(_lines(log)[0] + b"nonsense\n")
    with pytest.raises(InputError, match=r"audit\.jsonl:2: is no line"):
        log.events()


def test_hostile_text_stays_on_one_line_of_ascii(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    log.append([News("ana\n\x1b[31m", "approve", "ré\u202e\u2028", {"x": "\x00\n"})], NOW)
    assert len(_lines(log)) == 1
    assert _lines(log)[0].isascii()
    assert json.loads(_lines(log)[0])["who"] == "ana\n\x1b[31m"


def _append_many(path: str) -> None:
    for n in range(40):
        AuditLog(Path(path)).append([News("x", "approve", str(n), {})], NOW)


def test_processes_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_append_many, args=(str(log.path),)) for _ in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    proof = prove(log)
    assert (proof.holds, proof.events) == (True, 120)


def test_two_can_not_apply_at_once(tmp_path: Path) -> None:
    with (
        applying(tmp_path / "lock"),
        pytest.raises(LockHeld, match="applies fixes now"),
        applying(tmp_path / "lock"),
    ):
        pass
    with applying(tmp_path / "lock"):
        pass


def test_a_kill_before_the_first_head_is_no_edit(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    write, log._write_head = log._write_head, lambda n, digest: write(n, digest) if n == 0 else None  # type: ignore[method-assign]
    log.append([News("ana", "approve", str(n), {}) for n in range(3)], NOW)
    assert prove(AuditLog(log.path)).holds
    AuditLog(log.path).append([News("ana", "approve", "later", {})], NOW.replace(hour=7))
    assert prove(AuditLog(log.path)).holds
    write(0, "0" * 64)
    assert not prove(AuditLog(log.path)).holds


@pytest.mark.parametrize(
    "news",
    [
        News("a\ud800", "approve", "p", {}), News("ana", "approve", "\udce9", {}), News("ana", "approve", "p", {"comment": "\udce9"}),
        News("ana", "send", "p", {"changes": [{"after": "\ud800"}]}), News("ana", "send", "p", {"before": {"\ud800": "x"}}),
    ],
)  # fmt: skip
def test_half_a_character_is_refused_and_nothing_is_written(news: News, tmp_path: Path) -> None:
    log = filled(tmp_path, 1)
    before = log.path.read_bytes()
    with pytest.raises(InputError, match=r"is no valid text \(UTF-8\)"):
        log.append([News("ana", "approve", "fine", {"of": ("a", "tuple", "é\U0001f600")}), news], NOW)
    assert log.path.read_bytes() == before


def test_what_a_cloud_answered_is_kept_though_it_is_no_text(tmp_path: Path) -> None:
    log = AuditLog(tmp_path / "log")
    log.append([News("ana", "outcome", "i-1", {"outcome": "rejected", "reason": "no \ud800"})], NOW)
    assert log.events()[0].detail["reason"] == "no \ufffd"
    assert prove(log).holds


def test_the_newest_event_is_read_from_the_end(tmp_path: Path) -> None:
    assert AuditLog(tmp_path / "none").newest() is None
    log = filled(tmp_path)
    with log.path.open("ab") as file:
        file.write(b'{"n": 7, "at"')
    assert log.newest() == log.events()[-1]
    assert log.path.read_bytes().endswith(b'"at"'), "reading cuts nothing off"
    log.path.write_bytes(b"".join(_lines(log)[:3]))
    with pytest.raises(InputError, match="the end of the audit log was cut off: event 6"):
        log.newest()
    log.path.unlink()
    with pytest.raises(InputError, match="was cut off"):
        log.newest()
