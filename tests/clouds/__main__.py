"""How does one try a live inventory without a cloud? The sample estate, held by three clouds on loopback.

    python -m tests.clouds [--folder DIR] [--seed 7] [--scale 0.3] [-- COMMAND …]

Writes the estate and a configuration whose inventory is live (tagrecon-live.yaml), loads its newest inventory into
the clouds and runs COMMAND in that folder with the environment that leads there; without one it prints the
environment and serves until it is interrupted.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from configs.sample import clock
from configs.sample.write import write_estate
from tests.clouds.sample_estate import DAYS, LIVE, Clouds, write_live_config

_ENDS = (signal.SIGINT, signal.SIGTERM)


def main(arguments: list[str]) -> int:
    """COMMAND's exit code; 0 where there is none."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    command = arguments[at + 1 :]
    parser = argparse.ArgumentParser("python -m tests.clouds", description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, help="where the estate is written; left out: a new folder")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--scale", type=float, default=0.3)
    asked = parser.parse_args(arguments[:at])
    folder = (asked.folder or Path(tempfile.mkdtemp(prefix="estate-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    write_estate(folder, asked.seed, asked.scale)
    write_live_config(folder)
    if not command:  # before any thread is there, which would take the signal; COMMAND takes its own
        signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)
    clouds = Clouds(folder)
    clouds.start()
    try:
        clouds.show(folder, DAYS[-1])
        if command:
            return subprocess.run(command, env={**os.environ, **clouds.environment()}, cwd=folder).returncode
        sys.stdout.write("".join(f"export {k}={shlex.quote(v)}\n" for k, v in clouds.environment().items()))
        sys.stdout.flush()
        now = f"{clock.NOW:%Y-%m-%dT%H:%M:%SZ}"
        sys.stderr.write(f"cd {shlex.quote(str(folder))} && tagrecon run --config {LIVE} --now {now}\n")
        signal.sigwait(_ENDS)
        return 0
    finally:
        clouds.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
