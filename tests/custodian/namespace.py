"""Can Custodian be run here, where it reaches nothing but loopback, and what did both say there?"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
ENVIRONMENT = Path(os.environ.get("TAGRECON_C7N_VENV", ROOT / ".venv-c7n"))
_PATIENCE = 180  # seconds


@cache
def missing() -> str:
    """Why it can't; "" where it can."""
    if not (ENVIRONMENT / "bin" / "custodian").exists():
        return (
            "Cloud Custodian is not installed (make system does it); our live tags were not held against it"
        )
    lacking = [program for program in ("unshare", "ip") if shutil.which(program) is None]
    if lacking:
        return (
            f"no {' and no '.join(lacking)}: Cloud Custodian must not run where it could reach a real cloud"
        )
    tried = subprocess.run(_inside("exec true"), capture_output=True, text=True, check=False)
    if tried.returncode:
        said = " ".join(tried.stderr.split())[:200]
        return f"no network namespace can be made here ({said}): Cloud Custodian must not reach a real cloud"
    return ""


def both(folder: Path) -> dict[str, Any]:
    """What `inside` prints. Raises RuntimeError with its last words where it broke."""
    words = [
        sys.executable,
        "-m",
        "tests.custodian.inside",
        str(ENVIRONMENT / "bin" / "custodian"),
        str(folder),
    ]
    done = subprocess.run(
        _inside('exec "$@"', *words), cwd=ROOT, capture_output=True, text=True, check=False, timeout=_PATIENCE
    )
    if done.returncode:
        raise RuntimeError(f"the comparison broke: {done.stderr[-4000:]}")
    return dict(json.loads(done.stdout))


def beside(said: dict[str, Any], resources: dict[str, int]) -> str:
    """The requests of both in a line each, the service that was asked most first. `resources`: how many each listed."""
    lines = []
    for who, calls in said["requests"].items():
        services: Counter[str] = Counter()
        for call, times in calls.items():
            services[call.partition(":")[0]] += times
        most = ", ".join(f"{name} {n}" for name, n in services.most_common())
        lines.append(f"  {who}: {services.total()} requests for {resources[who]} resources ({most})")
    return "\n".join(["beside Cloud Custodian:", *lines])


def _inside(command: str, *words: str) -> list[str]:
    """A shell with a network of its own; what it starts ends with it, whatever happens to it."""
    alone = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child"]
    return [*alone, "sh", "-c", f"ip link set lo up && {command}", "sh", *words]
