"""Does the worker start what is due, once, with the instant it was due, and stop when told?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from queue import Queue

import pytest
import yaml
from apscheduler.triggers.interval import IntervalTrigger

from configs.sample import write_estate
from cron.worker import Worker, command_line, next_times, serve
from recon.config import Job, Schedule
from recon.errors import InputError

ROOT = Path(__file__).parents[2]
DUE = datetime(2026, 11, 3, 3, 15, tzinfo=UTC)


def schedule(*jobs: dict[str, object], timezone: str = "UTC") -> Schedule:
    return Schedule.model_validate({"timezone": timezone, "jobs": list(jobs)})


NIGHTLY: dict[str, object] = {"name": "nightly", "cron": "15 3 * * *"}


def test_a_firing_is_a_run_at_the_instant_it_was_due() -> None:
    line = command_line(Job(name="nightly", cron="15 3 * * *", args=("--quiet",)), Path("tagrecon.yaml"), DUE)
    assert line[1:6] == ["-P", "-m", "recon", "run", "--quiet"]
    assert line[-2:] == ["--now", "2026-11-03T03:15:00Z"]
    assert line[line.index("--config") + 1] == str(Path("tagrecon.yaml").absolute())


def test_a_command_that_knows_no_time_gets_none() -> None:
    line = command_line(Job(name="look", cron="0 * * * *", command="doctor"), Path("tagrecon.yaml"), DUE)
    assert "--now" not in line


def test_next_times_are_told_in_utc_whatever_the_time_zone() -> None:
    berlin = schedule(NIGHTLY, timezone="Europe/Berlin")
    (line,) = next_times(berlin, datetime(2026, 10, 24, 12, tzinfo=UTC))
    # Clocks go back on 25 October 2026: 03:15 there is 02:15 UTC from that day on.
    assert line == ("nightly: tagrecon run: 2026-10-25T02:15:00Z, 2026-10-26T02:15:00Z, 2026-10-27T02:15:00Z")


def test_a_schedule_without_jobs_is_refused_with_an_example() -> None:
    with pytest.raises(InputError, match="cron: '15 3"):
        serve(schedule(), Path("tagrecon.yaml"))


def test_a_command_of_a_later_version_is_refused_before_the_night() -> None:
    with pytest.raises(InputError, match='no command "purge"'):
        next_times(schedule({**NIGHTLY, "command": "purge"}), DUE)


Run = Callable[[str, float], Iterator[str]]


@pytest.fixture
def worked(tmp_path: Path) -> Callable[[str, float], tuple[list[str], float]]:
    """Run a worker whose job, due every second, is a Python script, for so long; what the script wrote, and
    how long stopping took."""

    def work(script: str, seconds: float) -> tuple[list[str], float]:
        written = tmp_path / "written"
        written.touch()

        def command(job: Job, due: datetime) -> Sequence[str]:
            head = f"import os, time\ndef tell(text):\n    open({str(written)!r}, 'a').write(text + '\\n')\n"
            return [sys.executable, "-c", f"{head}due = {due.isoformat()!r}\n{script}"]

        worker = Worker(command)
        worker.add(Job(name="each-second", cron="* * * * *"), IntervalTrigger(seconds=1, timezone=UTC))
        threading.Timer(seconds, lambda: os.kill(os.getpid(), signal.SIGTERM)).start()
        began = time.monotonic()
        worker.run()
        return written.read_text().splitlines(), time.monotonic() - began - seconds

    return work


def test_a_job_is_fired_again_and_again_each_with_its_own_instant(
    worked: Callable[[str, float], tuple[list[str], float]],
) -> None:
    told, _ = worked("tell(due)", 3.6)
    instants = [datetime.fromisoformat(line) for line in told]
    assert len(instants) >= 2
    assert {round((later - earlier).total_seconds()) for earlier, later in pairwise(instants)} == {1}


def test_a_job_that_is_still_running_is_not_started_twice(
    worked: Callable[[str, float], tuple[list[str], float]],
) -> None:
    told, _ = worked("tell('begin'); time.sleep(2.2); tell('end')", 5.5)
    assert told[:4] == ["begin", "end", "begin", "end"][: len(told)]
    assert told.count("begin") >= 2
    assert "begin begin" not in " ".join(told)


def test_a_job_that_runs_is_ended_when_the_worker_is_stopped(
    worked: Callable[[str, float], tuple[list[str], float]],
) -> None:
    told, stopping = worked("tell('begin'); time.sleep(60); tell('end')", 2.0)
    assert told == ["begin"]
    assert stopping < 5


def test_the_handlers_of_signals_are_put_back(
    worked: Callable[[str, float], tuple[list[str], float]],
) -> None:
    before = signal.getsignal(signal.SIGTERM)
    worked("pass", 0.2)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    write_estate(tmp_path, scale=0.02)
    config = tmp_path / "tagrecon.yaml"
    jobs = [{"name": "look", "cron": "15 3 * * *", "command": "doctor"}]
    config.write_text(config.read_text("utf-8") + yaml.safe_dump({"schedule": {"jobs": jobs}}), "utf-8")
    return tmp_path


def _lines(process: subprocess.Popen[str]) -> Queue[str]:
    assert process.stderr is not None
    found: Queue[str] = Queue()
    stream = process.stderr
    threading.Thread(target=lambda: [found.put(line) for line in stream], daemon=True).start()
    return found


def _wait_for(lines: Queue[str], text: str, seconds: float) -> str:
    end = time.monotonic() + seconds
    seen = []
    while (left := end - time.monotonic()) > 0:
        try:
            seen.append(lines.get(timeout=left))
        except Exception:  # noqa: BLE001  queue.Empty: the deadline, told below with what was seen
            break
        if text in seen[-1]:
            return seen[-1]
    raise AssertionError(f"{text!r} did not come; seen: {seen}")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_schedule_process_fires_its_job_and_ends_with_0_when_told_to_stop(
    estate: Path, how: signal.Signals
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "recon", "schedule", "--every", "1"],
        cwd=estate, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        lines = _lines(process)
        _wait_for(lines, "waiting for 1 jobs", 20)
        assert "exit 0, done" in _wait_for(lines, "look: exit", 20)
        process.send_signal(how)
        assert process.wait(5) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()
