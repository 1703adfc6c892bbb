"""A provider that says it is too much, on a clock of the test's own."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from connectors.live.pace import Pace


class TooMuch(Exception):
    """What a provider raises; `wait`: what it asks for."""

    def __init__(self, wait: float = 0) -> None:
        self.wait = wait


def throttled(error: Exception) -> float | None:
    return error.wait if isinstance(error, TooMuch) else None


@dataclass
class Clock:
    now: float = 0.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def pace(self, **more: float) -> Pace:
        return Pace(clock=lambda: self.now, sleep=self.sleep, **more)


def after(times: int, wait: float = 0) -> tuple[list[int], object]:
    asked: list[int] = []

    def question() -> str:
        asked.append(1)
        if len(asked) <= times:
            raise TooMuch(wait)
        return "answer"

    return asked, question


def test_an_answer_comes_at_once_and_nobody_waits() -> None:
    clock = Clock()
    assert clock.pace().ask("a", lambda: 7, throttled) == 7
    assert clock.slept == []


def test_throttling_is_waited_out_longer_each_time() -> None:
    clock = Clock()
    asked, question = after(3)
    assert clock.pace(first=1).ask("a", question, throttled) == "answer"  # type: ignore[arg-type]
    assert len(asked) == 4
    first, second, third = clock.slept
    assert 1 <= first <= 1.25
    assert 2 <= second <= 2.5
    assert 4 <= third <= 5


def test_what_the_provider_asks_for_is_waited() -> None:
    clock = Clock()
    _, question = after(1, wait=30)
    clock.pace().ask("a", question, throttled)  # type: ignore[arg-type]
    assert 30 <= sum(clock.slept) <= 37.5


def test_after_its_patience_the_throttling_is_raised() -> None:
    clock = Clock()
    asked, question = after(10_000)
    with pytest.raises(TooMuch):
        clock.pace(patience=60).ask("a", question, throttled)  # type: ignore[arg-type]
    assert clock.now <= 180
    assert len(asked) < 20


def test_a_wait_longer_than_the_patience_is_not_begun() -> None:
    clock = Clock()
    _, question = after(1, wait=3600)
    with pytest.raises(TooMuch):
        clock.pace(patience=60).ask("a", question, throttled)  # type: ignore[arg-type]
    assert clock.slept == []


def test_another_error_is_raised_as_it_is_and_slows_nobody() -> None:
    clock = Clock()
    pace = clock.pace()
    with pytest.raises(KeyError):
        pace.ask("a", lambda: {}["none"], throttled)
    pace.ask("a", lambda: 1, throttled)
    assert clock.slept == []


def test_those_who_share_a_pace_slow_down_together_and_others_do_not() -> None:
    clock = Clock()
    pace = clock.pace(first=8)
    with pytest.raises(TooMuch):
        Pace(patience=0, clock=pace.clock, sleep=pace.sleep, _shares=pace._shares, first=8).ask(
            "a",
            after(1)[1],
            throttled,  # type: ignore[arg-type]
        )
    _, question = after(1)
    pace.ask("a", question, throttled)  # type: ignore[arg-type]
    slow = clock.now
    pace.ask("b", lambda: 1, throttled)
    assert clock.now == slow  # b was not throttled
    pace.ask("a", lambda: 1, throttled)
    pace.ask("a", lambda: 1, throttled)
    assert clock.now > slow  # a still goes slowly


def test_good_answers_let_it_go_faster_again() -> None:
    clock = Clock()
    pace = clock.pace(first=2)
    _, question = after(2)
    pace.ask("a", question, throttled)  # type: ignore[arg-type]
    for _ in range(60):
        pace.ask("a", lambda: 1, throttled)
    before = clock.now
    for _ in range(10):
        pace.ask("a", lambda: 1, throttled)
    assert clock.now == before


def test_many_threads_ask_through_one_pace() -> None:
    pace = Pace(first=0.001, most=0.002)
    lock, left, answers = threading.Lock(), [20], []

    def question() -> int:
        with lock:
            left[0] -= 1
            if left[0] > 0 and left[0] % 3 == 0:
                raise TooMuch
            return 1

    threads = [
        threading.Thread(target=lambda: answers.append(pace.ask("a", question, throttled))) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert answers == [1] * 12
