"""What do the tests of kills share: a tagrecon in a process of its own, a cloud that kills it, and what must hold afterwards?"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recon.fix.proof import prove
from tests.clouds.between import Between
from tests.clouds.fixing import NOW, RAW, Bench, action, child_environment, open_clouds, resource, said
from tests.clouds.waits import Waits

CLOUDS = ("aws", "azure", "gcp")
PLANNED = {"aws": 2, "azure": 2, "gcp": 1}  # AWS takes both in one call, Azure one after the other
KILLED: int = -signal.SIGKILL


class Every(dict[str, Callable[[Any], None]]):
    """One hook for whatever is asked."""

    def __init__(self, hook: Callable[[], object]) -> None:
        self.hook = hook

    def get(self, *_: object) -> Callable[[Any], None]:  # type: ignore[override]
        return lambda _: self.hook() and None


@dataclass
class Victims:
    """Processes that are killed, one after the other. `at`: the request of the clouds that kills, "" for none."""

    process: subprocess.Popen[str]
    at: tuple[int, str] = (0, "")
    pid: int = 0
    served: Counter[str] = field(default_factory=Counter)
    _known: threading.Event = field(default_factory=threading.Event)

    def run(self, *words: str, edge: str = "") -> int:
        """The exit code of a command, or the signal that ended it, negative."""
        self._known.clear()
        self.served.clear()
        self._say({"words": words, "edge": edge})
        self.pid = self._hear("pid")
        self._known.set()
        return self._hear("ended")

    def serve(self, when: str) -> None:
        """A cloud serves a request of the process that runs."""
        self.served[when] += 1
        if self.at == (self.served[when], when):
            self._known.wait()
            os.kill(self.pid, signal.SIGKILL)

    def _say(self, what: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what) + "\n")
        self.process.stdin.flush()

    def _hear(self, name: str) -> int:
        assert self.process.stdout is not None
        return int(json.loads(self.process.stdout.readline())[name])


@contextmanager
def open_bench(folder: Path) -> Iterator[tuple[Bench, Victims]]:
    """Clouds, and processes to be killed."""
    with open_clouds(folder, Waits()) as clouds:
        command = [sys.executable, "-m", "tests.clouds.victim"]
        pipe, env = subprocess.PIPE, child_environment(clouds)
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env) as process:
            yield Bench(folder, clouds), Victims(process)
            assert process.stdin is not None
            process.stdin.close()


def lay(bench: Bench, victims: Victims, provider: str) -> None:
    """A fresh estate and plan; every request of it is seen."""
    shutil.rmtree(bench.folder / "var", ignore_errors=True)
    bench.lay()
    bench.configure()
    bench.write_plan([action(provider, n) for n in range(PLANNED[provider])])
    victims.at = (0, "")
    clouds = bench.clouds
    clouds.aws.before, clouds.aws.after = (
        Every(lambda w=when: victims.serve(w)) for when in ("before", "after")
    )  # type: ignore[misc]
    for hooks in (clouds.azure.between, clouds.gcp.between, clouds.gcp.rest.between):
        for when in ("before", "after"):
            hooks.append(Between("", lambda w=when: victims.serve(w), when, 1 << 30))  # type: ignore[arg-type,misc]


def words(bench: Bench, verb: str) -> tuple[str, ...]:
    return (
        "fix",
        verb,
        str(bench.plan),
        "--write",
        "--by",
        "ana",
        "--config",
        str(bench.config),
        "--now",
        NOW,
        "--quiet",
    )


def effects(bench: Bench, provider: str) -> Counter[str]:
    """Resource → how often a request that writes it reached its cloud."""
    clouds = bench.clouds
    if provider == "aws":
        asked = [a for a in clouds.aws.seen if a.operation in ("TagResources", "UntagResources")]
        return Counter(arn for a in asked for arn in (a.params or {})["ResourceARNList"])
    lines = clouds.azure.wrote if provider == "azure" else clouds.gcp.rest.wrote
    return Counter(
        resource(provider, n) for n in range(PLANNED[provider]) for line in lines if f"-{n}/" in line
    )


def check(bench: Bench, provider: str, before: dict[str, dict[str, str]], undo: bool) -> None:
    """The log says of each action what is true of its resource, and is unbroken."""
    assert prove(bench.desk.log).problems == ()
    now = bench.tags()
    known = {e.action.target.resource_id: e for e in bench.history.effects.values()}
    for n in range(PLANNED[provider]):
        own = resource(provider, n)
        state = known[own].undo if undo else known[own].state
        assert state in ("applied", "interrupted"), (own, state)
        there = RAW[provider] in now[own]
        assert there is (state == "interrupted") if undo else there is (state != "interrupted"), (own, state)
        assert {k: v for k, v in now[own].items() if k != RAW[provider]} == before[own]
    assert max(effects(bench, provider).values(), default=0) <= 1 + undo


def again(bench: Bench, verb: str, provider: str) -> None:
    """The same command once more: 3 where something was interrupted; from then on the same."""
    state = "undo" if verb == "rollback" else "state"
    got = said(bench.config, "fix", verb, str(bench.plan), "--write", code=None)
    wrong = {row["outcome"] for row in got["outcomes"]} - {"applied", "already"}
    assert wrong <= {"interrupted"}
    assert got["exit"] == (3 if wrong else 0)
    assert {getattr(e, state) for e in bench.history.effects.values()} >= wrong
    writes = sum(effects(bench, provider).values())
    if verb == "apply":
        once_more = said(bench.config, "fix", verb, str(bench.plan), "--write", code=None)
        assert once_more["exit"] == got["exit"]
        assert sum(effects(bench, provider).values()) == writes, "what is final is not sent again"
