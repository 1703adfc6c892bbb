"""Who is killed in the tests of kills? A process that has imported tagrecon, and forks once for each command that it is told.

    python -m tests.clouds.victim

Told on stdin, one JSON object a line: {"words": […], "edge": "3:torn"}; it answers with {"pid": …}, then {"ended": …}: an exit
code, or the signal that ended it as a negative number. `edge`: at which line of the audit log it kills itself, and where:
before it, torn (half of it is written), written (not yet on the disk), done.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from importlib import import_module
from typing import Any

EDGES = ("before", "torn", "written", "done")


# what a command imports when it is needed: once, before any process is forked
_EARLY = (
    *(f"connectors.{cloud}.writer.writer" for cloud in ("aws", "azure", "gcp")), "azure.identity", "azure.mgmt.resource.resources",
    "google.cloud.asset_v1", "google.cloud.resourcemanager_v3", "recon.cli.app", "recon.run.fixing.approving", "recon.run.fixing.doing",
)  # fmt: skip


def main() -> None:
    for name in _EARLY:
        import_module(name)
    for line in sys.stdin:
        said = json.loads(line)
        child = os.fork()
        if child == 0:
            _live(said["words"], said["edge"])
        _tell({"pid": child})
        _, status = os.waitpid(child, 0)
        _tell({"ended": -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)})


def _tell(said: dict[str, int]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _live(words: list[str], edge: str) -> None:
    """The command, in this process, which does not come back."""
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    code = 70
    try:
        if edge:
            number, _, place = edge.partition(":")
            _die_at(int(number), place)
        from recon.cli.app import app

        app(words, standalone_mode=False)
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def _die_at(number: int, place: str) -> None:
    """Kill this process at a place of the n-th writing to the audit log."""
    from recon.fix import log

    assert place in EDGES
    count, whole = 0, log.AuditLog.append

    def die(here: str) -> None:
        if count == number and here == place:
            os.kill(os.getpid(), signal.SIGKILL)

    class System:
        """The calls of the system that the log makes."""

        def __getattr__(self, name: str) -> Any:
            return getattr(os, name)

        def write(self, file: int, data: bytes) -> int:
            nonlocal count
            count += 1
            die("before")
            if count == number and place == "torn":
                os.write(file, data[: len(data) // 2])
                die("torn")
            done = os.write(file, data)
            die("written")
            return done

    def append(self: log.AuditLog, news: Any, at: Any) -> Any:
        events = whole(self, news, at)
        if news:
            die("done")
        return events

    log.os = System()  # type: ignore[assignment]
    log.AuditLog.append = append  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
