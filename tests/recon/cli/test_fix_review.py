"""`tagrecon fix review` as a person, a pipe and two people at once meet it."""

from __future__ import annotations

import csv
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon.fix.log import AuditLog
from recon.fix.proof import prove

ROOT = Path(__file__).parents[3]
NOW = "2026-11-03T06:00:00Z"
ASKS = "[a]ccept [r]eject [c]orrect [d]efer [s]kip [q]uit > "
Say = Callable[..., subprocess.CompletedProcess[str]]


def environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("TAGRECON_", "COLUMNS"))}
    return kept | {"TAGRECON_NOW": NOW, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "TERM": "xterm"}


def words(*args: object) -> list[str]:
    return [sys.executable, "-m", "recon", "fix", "review", *map(str, args)]


@pytest.fixture
def review(estate_copy: Path) -> Say:
    """The command in the estate's folder; nothing is a terminal."""

    def say(*args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words(*args), cwd=estate_copy, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )  # fmt: skip

    return say


@pytest.fixture
def log(estate_copy: Path) -> AuditLog:
    return AuditLog(estate_copy / "var/tagrecon.duckdb.audit.jsonl")


@pytest.fixture
def terminal(estate_copy: Path) -> Callable[..., str]:
    """All that a terminal of so many columns shows when these lines are typed."""

    def typed(*lines: str, columns: int = 80, by: str = "ana") -> str:
        own, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        with subprocess.Popen(
            words("--by", by), cwd=estate_copy, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
        ) as command:
            os.close(theirs)
            os.write(own, "".join(f"{line}\n" for line in lines).encode())
            told = b""
            while part := _read(own):
                told += part
            assert command.wait() == 0, told.decode()
        os.close(own)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", told.decode()).replace("\r\n", "\n")

    return typed


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # EIO: nobody holds the other end any more
        return b""


def reviews(log: AuditLog) -> list[Any]:
    return [event for event in log.events() if event.what == "review"]


def waiting(review: Say, *args: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(review("--json", *args).stdout)["waiting"]
    return rows


def test_without_a_terminal_the_first_twenty_are_listed(review: Say) -> None:
    told = review()
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Suggestions to decide about")
    assert "the first 20 of " in told.stdout
    assert ASKS not in told.stdout


def test_json_has_all_of_each_item_and_money_as_text(review: Say) -> None:
    rows = waiting(review)
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    first = rows[0]
    assert {
        "value",
        "confidence",
        "candidates",
        "conflict",
        "verdict",
        "owner",
        "tags",
        "waits_for",
    } <= first.keys()
    assert all(isinstance(row["priority"], str) for row in rows)
    assert {c["state"] for c in first["candidates"]} >= {"leading"}


def test_in_a_terminal_one_letter_decides(terminal: Callable[..., str], review: Say, log: AuditLog) -> None:
    first, second, third, fourth = waiting(review)[:4]
    told = terminal("a", "because", "r", "", "x", "s", "d", "soon", "", "d", "2026-12-01", "later", "q")
    assert told.count(ASKS) == 7
    assert first["resource"] in told.replace("\n", "")
    assert "one of a, r, c, d, s, q, then Enter" in told
    assert "until which day? Write YYYY-MM-DD" in told
    assert "3 decided; tagrecon fix plan takes them in" in told
    assert [(e.subject, e.who, e.detail["decision"], e.detail["comment"]) for e in reviews(log)] == [
        (first["action"], "ana", "accept", "because"), (second["action"], "ana", "reject", ""),
        (fourth["action"], "ana", "defer", "later"),
    ]  # fmt: skip
    assert third["action"] in {row["action"] for row in waiting(review)}


def test_a_wrong_correction_is_told_and_asked_again(
    terminal: Callable[..., str], review: Say, log: AuditLog
) -> None:
    told = terminal("c", "no such value", "", "\x04")  # and the input ends
    assert not log.path.exists()
    assert "the registry does not allow the value" in told
    assert told.count(ASKS) == 2


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal(terminal: Callable[..., str], columns: int) -> None:
    shown = [line for line in terminal("q", columns=columns).splitlines() if ASKS not in line]
    assert max(map(len, shown)) <= columns


def test_hostile_text_does_not_reach_the_terminal(terminal: Callable[..., str], estate_copy: Path) -> None:
    import duckdb

    with duckdb.connect(str(estate_copy / "var/tagrecon.duckdb")) as con:
        con.execute(
            "UPDATE base.suggestion SET evidence = ?", ["\x1b]0;owned\x07\x1b[2J\u202e[bold]" + "x" * 20_000]
        )
    told = terminal("q")
    assert "\x1b]" not in told and "\x07" not in told and "\u202e" not in told
    assert "[bold]xxx" in told.replace("\n", "")
    assert len(told) < 10_000


def test_a_file_goes_out_and_comes_back(review: Say, estate_copy: Path, log: AuditLog) -> None:
    assert review("--export", "queue.csv").stdout.startswith("queue.csv: ")
    path = estate_copy / "queue.csv"
    assert path.stat().st_mode & 0o077 == 0
    answered(path, 2)
    told = review("--import", "queue.csv", "--by", "ana", "--json")
    assert json.loads(told.stdout) == {
        "schema": "tagrecon.fix/1",
        "file": "queue.csv",
        "decisions": 2,
        "known": 0,
    }
    assert (
        review("--import", "queue.csv", "--by", "ana").stdout
        == "queue.csv: 0 decisions taken, 2 known before\n"
    )
    assert len(reviews(log)) == 2


def answered(path: Path, most: int) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for each in [row for row in rows if row["conflict"] == "no"][:most]:
        each["decision"] = "accept"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(rows[0]))
        table.writeheader()
        table.writerows(rows)


def test_a_bad_file_is_refused_with_its_lines_and_nothing_is_taken(
    review: Say, estate_copy: Path, log: AuditLog
) -> None:
    review("--export", "queue.csv")
    answered(estate_copy / "queue.csv", 2)
    with (estate_copy / "queue.csv").open("a") as file:
        file.write("99,feedfeedfeedfeed,,,,,,x,,,,,,,,,,,accept,,,\r\n")
    told = review("--import", "queue.csv", "--by", "ana")
    assert (told.returncode, told.stdout) == (2, "")
    assert re.fullmatch(
        r"tagrecon: queue\.csv:\d+: no suggestion that is still open .*feedfeedfeedfeed.*\n", told.stderr
    )
    assert not log.path.exists()


def test_two_reviewers_at_once_lose_nothing(review: Say, estate_copy: Path, log: AuditLog) -> None:
    names = [f"reviewer-{n}" for n in range(4)]
    review("--export", "queue.csv")
    answered(estate_copy / "queue.csv", 10)
    running = [
        subprocess.Popen(
            words("--import", "queue.csv", "--by", who, "--quiet"),
            cwd=estate_copy,
            env=environment(),
            stderr=subprocess.DEVNULL,
        )
        for who in names
    ]
    codes = [each.wait() for each in running]
    found = reviews(log)
    # who came late is told that it is decided; of everybody else all ten stand, and the chain holds
    assert sorted({e.who for e in found}) == sorted(
        who for who, code in zip(names, codes, strict=True) if code == 0
    )
    assert len(found) == 10 * codes.count(0) > 0
    assert set(codes) <= {0, 2}
    assert prove(log).holds


def test_the_figures_of_two_reviewers(review: Say, estate_copy: Path) -> None:
    registry = estate_copy / "registry.yaml"
    registry.write_text(
        registry.read_text("utf-8").replace(
            "  cost-center:\n", "  cost-center:\n    fixes: {reviewers: 2}\n", 1
        ),
        "utf-8",
    )
    review("--export", "queue.yaml", "--key", "cost-center")
    text = (estate_copy / "queue.yaml").read_text("utf-8")
    for who, word in (("ana", "accept"), ("ben", "reject")):
        filled = text.replace("decision: null", "decision: accept", 3).replace(
            "decision: accept", f"decision: {word}", 1
        )
        (estate_copy / f"{who}.yaml").write_text(filled, "utf-8")
        told = review("--import", f"{who}.yaml", "--by", who)
        assert told.returncode == 0, told.stderr
    said = json.loads(review("--stats", "--json").stdout)
    assert said["suggestions"] == {"decided": 2, "dispute": 1}
    whole = said["agreement"][0]
    assert (whole["first"], whole["second"], whole["items"], whole["same"]) == ("ana", "ben", 3, 2)
    assert {(row["reviewer"], row["decision"], row["count"]) for row in said["reviewers"]} == {
        ("ana", "accept", 3), ("ben", "accept", 2), ("ben", "reject", 1),
    }  # fmt: skip
    shown = review("--stats").stdout
    assert "2 decided, 1 dispute" in shown and "ana and ben" in shown


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--list", "--stats"), "choose one"),
        (("--export", "queue.txt"), "ends with .csv or .yaml"),
        (("--list", "--currency", "XXX"), "--currency: no suggestion is priced in it; there are EUR, USD"),
        (("--import", "nowhere.csv"), "nowhere.csv: can't be read"),
    ],
)
def test_a_mistake_is_told(review: Say, args: tuple[str, ...], says: str) -> None:
    told = review(*args)
    assert told.returncode == 2
    assert says in told.stderr
