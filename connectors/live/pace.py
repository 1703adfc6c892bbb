"""How fast may a provider be asked, when it says that it is too much?

All workers that ask one account share its pace: when one of them is throttled all of them slow down, and each
answer lets them go a little faster again. Waits carry jitter, so that workers do not come back in step.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T")

_EASE = 0.9  # of the pause remains after each good answer
_LEAST = 0.05  # seconds; below it there is no pause


@dataclass
class _Share:
    pause: float = 0.0
    not_before: float = 0.0


@dataclass
class Pace:
    """`patience`: seconds that one question may wait in all before its throttling is given up; `first`, `most`: the
    shortest and the longest pause after being throttled."""

    patience: float = 300.0
    first: float = 1.0
    most: float = 60.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _shares: dict[str, _Share] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, share: str, question: Callable[[], T], throttled: Callable[[Exception], float | None]) -> T:
        """The answer to `question`, asked again as long as it is throttled and patience lasts.

        `throttled`: seconds that the provider wants us to wait (0 where it does not say), or None for any other
        error, which is raised as it is; so is the last throttling when patience is at its end.
        """
        began = self.clock()
        while True:
            self._wait(share)
            try:
                answer = question()
            except Exception as error:
                wanted = throttled(error)
                if wanted is None or self.clock() - began + wanted >= self.patience:
                    raise
                self._slower(share, wanted)
                continue
            self._faster(share)
            return answer

    def at_once(
        self, share: str, question: Callable[[], T], throttled: Callable[[Exception], float | None]
    ) -> T:
        """The answer to a question that must not wait, because what was read just before it would be old then: it is asked
        once and now. Where it is throttled the share slows down, so that the next `ask` waits; the error is raised."""
        try:
            answer = question()
        except Exception as error:
            wanted = throttled(error)
            if wanted is not None:
                self._slower(share, wanted)
            raise
        self._faster(share)
        return answer

    def slow(self, share: str, wanted: float = 0.0) -> None:
        """Somebody was throttled inside an answer that was none of throttling: the next `ask` waits."""
        self._slower(share, wanted)

    def _wait(self, share: str) -> None:
        while True:
            with self._lock:
                known = self._shares.setdefault(share, _Share())
                left = known.not_before - self.clock()
                if left <= 0:
                    if known.pause > _LEAST:
                        known.not_before = self.clock() + known.pause * random.uniform(0.5, 1.0)
                    return
            self.sleep(left)

    def _slower(self, share: str, wanted: float) -> None:
        with self._lock:
            known = self._shares.setdefault(share, _Share())
            known.pause = min(self.most, max(self.first, known.pause * 2))
            wait = max(wanted, known.pause) * random.uniform(1.0, 1.25)
            known.not_before = max(known.not_before, self.clock() + wait)

    def _faster(self, share: str) -> None:
        with self._lock:
            known = self._shares.setdefault(share, _Share())
            known.pause = known.pause * _EASE if known.pause > _LEAST else 0.0
