"""Which checks are there? Every module of this folder that has a CHECK_ID; none is registered anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from recon.checks.context import Context

HEADINGS = ("Question", "Why", "What to do")


@dataclass(frozen=True)
class Check:
    """One check: its id, its severity at most, its text for users, and the function that finds."""

    check_id: str
    severity: str
    text: str
    find: Callable[[Context], pl.DataFrame]


@cache
def all_checks() -> tuple[Check, ...]:
    """The checks, by id."""
    package = importlib.import_module("recon.checks")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"recon.checks.{name}") for name in names]
    found = [
        Check(m.CHECK_ID, m.SEVERITY, m.__doc__ or "", m.find) for m in modules if hasattr(m, "CHECK_ID")
    ]
    return tuple(sorted(found, key=lambda check: check.check_id))


def sections(check: Check) -> dict[str, str]:
    """Heading → text of a check's docstring, in the order of HEADINGS; a heading that lacks is left out."""
    parts: dict[str, list[str]] = {}
    current: list[str] = []
    for line in check.text.strip().splitlines():
        heading = next((h for h in HEADINGS if line.startswith(f"{h}: ")), None)
        if heading:
            current = parts.setdefault(heading, [])
            line = line.removeprefix(f"{heading}: ")
        current.append(line.strip())
    return {h: " ".join(parts[h]).strip() for h in HEADINGS if h in parts}


def page() -> str:
    """What docs/checks.md says below its introduction: one section per check, from the docstrings."""
    lines = []
    for check in all_checks():
        lines += [f"## {check.check_id}", "", f"Severity: {check.severity} at most.", ""]
        for heading, text in sections(check).items():
            lines += [f"**{heading}.** {text}", ""]
    return "\n".join(lines)
