"""Commands as a shell sees them: arguments in, stdout, stderr and exit code out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from recon.cli.app import app


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


Command = Callable[..., Answer]


@pytest.fixture
def tagrecon(monkeypatch: pytest.MonkeyPatch) -> Command:
    monkeypatch.delenv("TAGRECON_NOW", raising=False)
    monkeypatch.delenv("TAGRECON_DEBUG", raising=False)

    def command(*args: object) -> Answer:
        result = CliRunner().invoke(app, [str(arg) for arg in args], prog_name="tagrecon")
        return Answer(result.exit_code, result.stdout, result.stderr)

    return command
