"""A run that dies: `python -m tests.promises.victim CONFIG EDGE` kills itself before or after the n-th step.

EDGE `count` prints how many edges there are; an integer n dies at edge n (even: before step n/2, odd: after).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from recon.config import load_config
from recon.run import outputs, publishing, walk

STEPS = (
    (walk, "mend"), (walk, "nothing_new"), (walk, "snapshot"), (walk, "ingest"), (walk, "match_bills"), (walk, "judge_and_post"),
    (walk, "conclude"), (walk, "summarize"), (walk, "save_masker"), (publishing, "publish_report"), (publishing, "publish"), (publishing, "show"),
    (outputs, "sync_folder"),
)  # fmt: skip
NOW = datetime(2026, 11, 3, 6)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(step: Callable[..., Any], before: bool) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        if before:
            die()
        result = step(*args, **kwargs)
        die()
        return result

    return call


def main() -> None:
    config, edge = Path(sys.argv[1]), sys.argv[2]
    if edge == "count":
        sys.stdout.write(str(2 * len(STEPS)))
        return
    if edge != "none":
        module, name = STEPS[int(edge) // 2]
        setattr(module, name, _wrapped(getattr(module, name), int(edge) % 2 == 0))
    walk.run(load_config(config), NOW)


if __name__ == "__main__":
    main()
