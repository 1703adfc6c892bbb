"""What does another writer do right before or after a request of ours? A hook that a loopback cloud runs there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

When = Literal["before", "after"]


@dataclass
class Between:
    """`run` is called `when` the next `left` requests are served whose line (`PATCH /path`, `/service/Method`) holds
    `match`: before their effect, or after it and before their answer."""

    match: str
    run: Callable[[], object]
    when: When = "before"
    left: int = 1


def run_between(hooks: list[Between], when: When, line: str) -> None:
    for hook in hooks:
        if hook.when == when and hook.left and hook.match.lower() in line.lower():
            hook.left -= 1
            hook.run()
