"""When do the jobs run, and how does the process that starts them stop?

One BlockingScheduler of APScheduler 3 with a cron trigger per job. Each firing is one `tagrecon` process of
its own, so that its memory goes back when it ends and a crash of it is no crash of ours. One job runs at a
time; a job that is still running when it is due again is not started twice, and missed firings become one.
The instant at which a job was due, not the one at which it began, is its `--now`: a late run reckons like a
punctual one.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.events import EVENT_SCHEDULER_STARTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

import recon
from recon.config import Job, Schedule
from recon.errors import Exit, InputError
from recon.hostile import shown

Command = Callable[[Job, datetime], Sequence[str]]

_DATED = ("run", "snapshot", "ingest", "reconcile", "report")
_KNOWN = (*_DATED, "export", "doctor")
_LATE = timedelta(hours=12)  # a nightly run that is late is better than none
_STOP_SECONDS = 10
_SHOWN_TIMES = 3
_MEANS = {
    Exit.DONE: "done",
    Exit.GATE_MISSED: "a gate was missed",
    Exit.USER_INPUT: "its configuration or arguments are wrong",
    Exit.PARTIAL: "done, partial: something was not read",
    Exit.OUR_BUG: "a bug of tagrecon; nothing was published",
    Exit.LOCKED: "skipped: another run holds the lock",
}
_log = logging.getLogger("tagrecon.schedule")


def serve(schedule: Schedule, config: Path, *, every: int | None = None) -> int:
    """Run the jobs until SIGTERM or SIGINT; 0 when stopped so. `every`: seconds, instead of the cron times.

    Raises InputError where there is no job, or one that this version can't run.
    """
    jobs = _runnable(schedule)
    _log_to_stderr()
    worker = Worker(lambda job, due: command_line(job, config, due))
    for job in jobs:
        trigger = IntervalTrigger(seconds=every, timezone=UTC) if every else _trigger(job, schedule)
        worker.add(job, trigger)
    worker.run()
    return Exit.DONE


def next_times(schedule: Schedule, now: datetime) -> list[str]:
    """One line per job: its name, its command and the next times it is due, in UTC."""
    return [
        f"{job.name}: tagrecon {' '.join((job.command, *job.args))}: {', '.join(_times(job, schedule, now))}"
        for job in _runnable(schedule)
    ]


def command_line(job: Job, config: Path, due: datetime) -> list[str]:
    """The process that one firing is. Commands that reckon with a time get the instant they were due."""
    dated = ["--now", f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"] if job.command in _DATED else []
    configured = [] if job.args[:1] == ("schema",) else ["--config", str(config.absolute())]
    return [sys.executable, "-P", "-m", "recon", job.command, *job.args, *configured, *dated]


class Worker:
    """Starts the processes of due jobs, one at a time, and stops when told."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._due: dict[str, datetime] = {}
        self._running: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._asked: SimpleQueue[int] = SimpleQueue()
        self._scheduler = BlockingScheduler(timezone=UTC, executors={"default": _Dated(self._due)})

    def add(self, job: Job, trigger: Any) -> None:
        """Have the job started whenever the trigger fires."""
        self._scheduler.add_job(
            self._fire,
            trigger,
            args=[job],
            id=job.name,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=int(_LATE.total_seconds()),
        )

    def run(self) -> None:
        """Block until SIGTERM or SIGINT. A job that runs then is told to stop, and given time to."""
        stopper = threading.Thread(target=self._stop_when_asked, daemon=True)
        self._scheduler.add_listener(lambda event: self._ready(stopper), EVENT_SCHEDULER_STARTED)
        with _signals(self._asked.put):
            self._scheduler.start()
            stopper.join()

    def _ready(self, stopper: threading.Thread) -> None:
        _log.info("waiting for %d jobs, process %d", len(self._scheduler.get_jobs()), os.getpid())
        stopper.start()

    def _stop_when_asked(self) -> None:
        # In a thread of its own: the scheduler's locks may be held where a signal handler interrupts.
        asked = self._asked.get()
        _log.info("%s: stopping", signal.Signals(asked).name)
        self._stopping.set()
        self._scheduler.shutdown(wait=False)
        with self._guard:
            running = self._running
        if running is not None:
            _end(running)
        _log.info("stopped")

    def _fire(self, job: Job) -> None:
        due = self._due.pop(job.name)
        with self._guard:
            if self._stopping.is_set():
                return
            # A session of its own: Ctrl-C reaches us alone, and we tell the job.
            self._running = subprocess.Popen(
                list(self._command(job, due)), env=_environment(), stdin=subprocess.DEVNULL,
                start_new_session=True,
            )  # fmt: skip
        _log.info("%s: started, due %s", job.name, f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
        code = self._running.wait()
        with self._guard:
            self._running = None
        level = logging.INFO if code in (Exit.DONE, Exit.LOCKED) else logging.WARNING
        _log.log(level, "%s: exit %d, %s", job.name, code, _meaning(code))


class _Dated(ThreadPoolExecutor):  # type: ignore[misc]
    """One job at a time, and it is remembered for when each was due: a job function is not told."""

    def __init__(self, due: dict[str, datetime]) -> None:
        super().__init__(max_workers=1)
        self._due = due

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        # Called under the executor's lock, and never while an instance of the job runs or waits.
        self._due[job.id] = run_times[-1]
        super()._do_submit_job(job, run_times)


def _runnable(schedule: Schedule) -> tuple[Job, ...]:
    if not schedule.jobs:
        raise InputError(
            "schedule: no job is configured; add one, such as "
            "schedule: {jobs: [{name: nightly, cron: '15 3 * * *', command: run}]}"
        )
    for job in schedule.jobs:
        if job.command not in _KNOWN:
            raise InputError(
                f'schedule: job "{shown(job.name)}": this version has no command "{job.command}"; '
                f"use one of {', '.join(_KNOWN)}"
            )
    return schedule.jobs


def _trigger(job: Job, schedule: Schedule) -> CronTrigger:
    zone = UTC if schedule.timezone == "UTC" else ZoneInfo(schedule.timezone)
    return CronTrigger.from_crontab(job.cron, timezone=zone)


def _times(job: Job, schedule: Schedule, now: datetime) -> Iterator[str]:
    trigger, last = _trigger(job, schedule), None
    for _ in range(_SHOWN_TIMES):
        last = trigger.get_next_fire_time(last, now if last is None else last)
        if last is None:
            return
        yield f"{last.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        now = last


@contextmanager
def _signals(tell: Callable[[int], None]) -> Iterator[None]:
    # SimpleQueue.put is reentrant, so that it may be called from a handler.
    before = {
        number: signal.signal(number, lambda got, _: tell(got)) for number in (signal.SIGTERM, signal.SIGINT)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Tell a job to stop; end it where it does not. Killed anywhere, the next run is right."""
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _environment() -> dict[str, str]:
    """Ours; and where tagrecon runs from a checkout, the way to it."""
    root = Path(recon.__file__).resolve().parents[1]
    if root.name in ("site-packages", "dist-packages"):
        return dict(os.environ)
    paths = [str(root), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def _meaning(code: int) -> str:
    if code < 0:
        return f"ended by {signal.Signals(-code).name}; the next run puts it right"
    return (
        _MEANS.get(Exit(code), "") if code in Exit.__members__.values() else "an exit code it should not have"
    )


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    formatter = logging.Formatter("%(asctime)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = lambda seconds: datetime.fromtimestamp(seconds or 0, UTC).timetuple()
    handler.setFormatter(formatter)
    for name, level in (("tagrecon.schedule", logging.INFO), ("apscheduler", logging.WARNING)):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(level)
