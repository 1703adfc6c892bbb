"""Would cron, systemd and Kubernetes take the examples beside the worker as they are?"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from apscheduler.triggers.cron import CronTrigger

from configs.sample import write_estate
from cron.worker import next_times
from recon.cli.spoken import instant
from recon.config import load_config

CRON = Path(__file__).parents[2] / "cron"


def crontab_lines() -> list[str]:
    text = (CRON / "crontab.example").read_text("utf-8").splitlines()
    return [line for line in text if line and not line.startswith("#") and "=" not in line.split()[0]]


def test_the_crontab_has_lines() -> None:
    assert len(crontab_lines()) == 2


@pytest.mark.parametrize("line", crontab_lines())
def test_a_line_of_the_crontab_has_five_times_and_a_command(line: str) -> None:
    *times, command = line.split(None, 5)
    CronTrigger.from_crontab(" ".join(times))
    assert "tagrecon " in command
    assert "%" not in command, "cron takes % for the end of the line"


@pytest.mark.parametrize("line", crontab_lines())
def test_the_shell_can_read_a_line_of_the_crontab(line: str) -> None:
    subprocess.run(["/bin/sh", "-n", "-c", line.split(None, 5)[5]], check=True)


def test_the_example_schedule_is_a_configuration_whose_jobs_can_run(tmp_path: Path) -> None:
    write_estate(tmp_path, scale=0.02)
    config = tmp_path / "tagrecon.yaml"
    config.write_text(config.read_text("utf-8") + (CRON / "schedule.yaml").read_text("utf-8"), "utf-8")
    lines = next_times(load_config(config).schedule, instant("2026-11-03T06:00:00Z"))
    assert lines[0] == (
        "nightly: tagrecon run --quiet: 2026-11-04T03:15:00Z, 2026-11-05T03:15:00Z, 2026-11-06T03:15:00Z"
    )
    assert len(lines) == 3


needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (package systemd)"
)


@needs_systemd
@pytest.mark.parametrize("unit", ["tagrecon.service", "tagrecon.timer"])
def test_systemd_takes_the_unit_without_a_word(unit: str, tmp_path: Path) -> None:
    for name in ("tagrecon.service", "tagrecon.timer"):
        shutil.copy(CRON / name, tmp_path / name)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=yes", str(tmp_path / unit)],
        capture_output=True, text=True,
    )  # fmt: skip
    said = [line for line in found.stderr.splitlines() if "tagrecon" in line]
    assert (found.returncode, said) == (0, []), found.stderr


@needs_systemd
def test_systemd_reads_the_calendar_as_quarter_past_three_utc() -> None:
    (line,) = [
        x for x in (CRON / "tagrecon.timer").read_text("utf-8").splitlines() if x.startswith("OnCalendar=")
    ]
    found = subprocess.run(
        ["systemd-analyze", "calendar", line.partition("=")[2]], capture_output=True, text=True, check=True
    )
    assert "Normalized form: *-*-* 03:15:00 UTC" in found.stdout


def test_kubernetes_takes_the_cron_job_strictly() -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed (dev group)"
    )
    manifest = yaml.safe_load((CRON / "cronjob.yaml").read_text("utf-8"))
    validate.validate(manifest, validate.latest_version(), strict=True)
    assert manifest["spec"]["concurrencyPolicy"] == "Forbid"


def test_a_typo_in_the_cron_job_would_be_noticed() -> None:
    validate = pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed (dev group)"
    )
    manifest = yaml.safe_load((CRON / "cronjob.yaml").read_text("utf-8"))
    manifest["spec"]["concurencyPolicy"] = manifest["spec"].pop("concurrencyPolicy")
    with pytest.raises(validate.ValidationError):
        validate.validate(manifest, validate.latest_version(), strict=True)
