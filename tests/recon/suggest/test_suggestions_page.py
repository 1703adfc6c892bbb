"""Does docs/suggestions.md name every signal, with the version and the prior that the code has?"""

from __future__ import annotations

import re
from pathlib import Path

from recon.suggest.confidence import GUESSES, OTHERS, PRIORS
from recon.suggest.signals_found import all_signals

PAGE = Path(__file__).parents[3] / "docs" / "suggestions.md"


def prior(name: str) -> str:
    return f"{PRIORS[name]:.2f}" if name in PRIORS else f"{GUESSES.get(name, OTHERS):.2f} × score"


def test_the_page_lists_every_signal_with_version_and_prior() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\S+) \|.*\| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted((s.name, s.version, prior(s.name)) for s in all_signals())
