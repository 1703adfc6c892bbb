"""A clock for throttling that a busy machine can't hurry: time passes only where somebody waits."""

from __future__ import annotations

import threading

from connectors.live.pace import Pace


class Waits:
    """`now`: seconds waited so far; `slept`: each wait. Waits take no real time."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()
        self._lock = threading.Lock()

    def time(self) -> float:
        return self.now

    def sleep(self, duration: float) -> None:
        with self._lock:
            self.now += duration
            self.slept.append(duration)

    def pace(self, **settings: float) -> Pace:
        """A pace that goes by this clock."""
        return Pace(clock=self.time, sleep=self.sleep, **settings)
