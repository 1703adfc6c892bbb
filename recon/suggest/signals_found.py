"""Which signals are there? Every module of `signals/` that has NAME, VERSION and suggest; none is registered anywhere."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import polars as pl

from recon.suggest.estate import Estate


@dataclass(frozen=True)
class Signal:
    """One signal: its name, its version (another version is scored anew), its question, and the function that suggests."""

    name: str
    version: str
    question: str
    suggest: Callable[[Estate, pl.DataFrame], pl.DataFrame]


@cache
def all_signals() -> tuple[Signal, ...]:
    """The signals, by name."""
    package = importlib.import_module("recon.suggest.signals")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__))
    modules = [importlib.import_module(f"recon.suggest.signals.{name}") for name in names]
    found = [
        Signal(m.NAME, m.VERSION, (m.__doc__ or "").splitlines()[0].removeprefix("Question: "), m.suggest)
        for m in modules
        if hasattr(m, "NAME")
    ]
    return tuple(sorted(found, key=lambda signal: signal.name))
