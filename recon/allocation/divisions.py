"""What does a written division mean: targets, weights, bounds, window? With every mistake at its line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from recon.allocation.columns import GRAIN
from recon.allocation.parse import ConditionReader
from recon.allocation.split_model import Bounds, Method, Usage, Window, Zero
from recon.allocation.usage import UsageFile, read_usage
from recon.allocation.written_splits import WrittenDivision, ZeroTo
from recon.hostile import shown
from recon.money import exact, plain
from recon.yaml_file import Spot, dotted, not_allowed

_LINES = {
    "fixed": "`owner: percent` lines",
    "weights": "`owner: weight` lines",
    "amount": "`owner: amount` lines",
}
_WEIGHED = ("even", "proportional", "usage", "weights")
# Field → the methods that it means something to.
_MEANS: dict[str, tuple[str, ...]] = {
    "targets": (*_WEIGHED, "fixed", "amount"),
    "of": ("even", "proportional"), "cost": ("even", "proportional", "amount", "tiers"), "window": ("even", "proportional", "usage"),
    "within": ("even", "proportional"), "when_zero": ("even", "proportional", "usage"), "min_share": _WEIGHED,
    "max_share": _WEIGHED, "file": ("usage",), "metric": ("usage",), "currency": ("amount", "tiers"), "tiers": ("tiers",),
}  # fmt: skip
_OF_OWNERS_WITH_COST = ("of", "window", "within")
_FILTERS = {"of", "window", "within"}
_HUNDRED = Decimal(100)
Shares = tuple[tuple[str, Decimal], ...]


@dataclass
class DivisionReader:
    """Reads the divisions of one file; usage files are read once each."""

    reader: ConditionReader
    _files: dict[Path, UsageFile] = field(default_factory=dict)

    def read(self, written: WrittenDivision, method: Method, spot: Spot) -> dict[str, Any]:
        """The fields of a Split beyond id, source, periods and tiers."""
        self._misplaced(written, method, spot)
        targets, values = self._targets(written, method, spot)
        remainder = written.remainder_to and self.account(written.remainder_to, (*spot, "remainder_to"))
        found: dict[str, Any] = {
            "method": method, "targets": targets, "remainder_to": remainder, "cost": written.cost,
            "when_zero": self._zero(written, method, spot), "window": self._window(written, spot), "within": self._within(written, spot),
            "of": self.reader.read(written.of, (*spot, "of")) if written.of is not None else None,
            "bounds": self._bounds(written, targets, spot),
        }  # fmt: skip
        if method in _LINES:
            found[{"fixed": "percents", "amount": "amounts"}.get(method, method)] = values
        if method == "usage":
            found["usage"] = self._usage(written, found["window"], spot)
        self._remainder(written, method, values, spot)
        return found

    def account(self, name: str, spot: Spot) -> str:
        """The ledger account that a target names; records an error where it is no owner."""
        if name.startswith("shared:"):
            return name
        owner = name.removeprefix("owner:")
        return f"owner:{self.reader.tag_value(self.reader.registry.owner, owner, spot)}"

    def wrong(self, spot: Spot, message: str) -> None:
        self.reader.errors.append(self.reader.located.error(spot, message))

    def _misplaced(self, written: WrittenDivision, method: Method, spot: Spot) -> None:
        for name in sorted(written.model_fields_set & _MEANS.keys()):
            if method not in _MEANS[name]:
                known = ", ".join(_MEANS[name])
                self.wrong(
                    (*spot, name), f"the method {method} has no `{name}` ({known} have it); drop this line"
                )
            elif method == "even" and written.targets != "all" and name in _OF_OWNERS_WITH_COST:
                message = f"`{name}` says which owners have cost, and here the targets are named; drop this line, or write `targets: all`"
                self.wrong((*spot, name), message)

    def _targets(
        self, written: WrittenDivision, method: Method, spot: Spot
    ) -> tuple[tuple[str, ...] | None, Shares]:
        given, at = written.targets, (*spot, "targets")
        if method == "tiers":
            return (), ()
        if isinstance(given, dict) != (method in _LINES):
            what = _LINES.get(method, "`all` or a list of names")
            self.wrong(at, f"the method {method} needs {what} as targets")
        if isinstance(given, str):
            return None, ()
        if not given:
            self.wrong(at, "no target is written; name at least one, or `all`")
        places: list[str | int] = [*given] if isinstance(given, dict) else [*range(len(given))]
        accounts: dict[str, str | int] = {}
        for place, name in zip(places, list(given), strict=True):
            account = self.account(name, (*at, place))
            if account in accounts:
                self.wrong((*at, place), f'"{shown(name)}" is a target twice; keep one of them')
            accounts.setdefault(account, place)
        read = self._percent if method == "fixed" else self.above_zero
        values = (
            tuple(sorted((a, read(given[str(p)], (*at, p))) for a, p in accounts.items()))
            if isinstance(given, dict)
            else ()
        )
        return tuple(sorted(accounts)), values

    def _percent(self, text: str, spot: Spot) -> Decimal:
        number = exact(text.strip().removesuffix("%"))
        words = (
            "a percentage above 0, up to 100, is needed" if number else "a percentage is needed, such as 33.5"
        )
        return self._number(number, spot, lambda n: 0 < n <= _HUNDRED, words, text)

    def _bound(self, text: str, spot: Spot) -> Decimal:
        number = exact(text.strip().removesuffix("%"))
        return self._number(
            number, spot, lambda n: 0 <= n <= _HUNDRED, "a percentage from 0 to 100 is needed", text
        )

    def above_zero(self, text: str, spot: Spot) -> Decimal:
        return self._number(
            exact(text), spot, lambda n: n > 0, "a number above 0 is needed, such as 1250.5", text
        )

    def _number(
        self, found: tuple[Decimal, Decimal] | None, spot: Spot, fits: Callable[[Decimal], bool], words: str, text: str
    ) -> Decimal:  # fmt: skip
        if found is None or found[1] or not text.isascii() or not fits(found[0]):
            self.wrong(spot, f'{dotted(spot)}: {words} (written: "{shown(text)}")')
            return Decimal(0)
        return found[0]

    def _zero(self, written: WrittenDivision, method: Method, spot: Spot) -> Zero:
        given = written.when_zero
        if isinstance(given, ZeroTo):
            return Zero("to", self.account(given.to, (*spot, "when_zero", "to")))
        # Without a filter nobody has cost where nothing weighs; with one there are owners whom `all` does not tell.
        if (
            given == "even"
            and written.targets == "all"
            and (method == "usage" or _FILTERS & written.model_fields_set)
        ):
            message = "`even` needs to know among whom where nothing weighs; name the targets, or write {to: account}"
            self.wrong((*spot, "when_zero"), message)
        return Zero(given)

    def _window(self, written: WrittenDivision, spot: Spot) -> Window:
        text = written.window
        if text in ("month", "day"):
            return Window("day" if text == "day" else "month")
        if text == "previous_month":
            return Window("previous")
        if len(text) == len("YYYY-MM"):
            return Window("frozen", text)
        try:
            dt.date.fromisoformat(text)
        except ValueError:
            self.wrong((*spot, "window"), f'"{text}" is no day in the calendar; write YYYY-MM-DD')
        return Window("frozen", text[:7], text)

    def _within(self, written: WrittenDivision, spot: Spot) -> tuple[str, ...]:
        for i, name in enumerate(written.within):
            if name not in GRAIN:
                self.wrong((*spot, "within", i), not_allowed(name, "column of a charge", sorted(GRAIN)))
        return tuple(dict.fromkeys(written.within))

    def _bounds(self, written: WrittenDivision, targets: tuple[str, ...] | None, spot: Spot) -> Bounds:
        least, least_of = self._one_bound(written, "min_share", targets, spot)
        most, most_of = self._one_bound(written, "max_share", targets, spot)
        mine, own, everyone = dict(least_of), dict(most_of), targets or ()
        for account in sorted({*mine, *own, *everyone}):
            if mine.get(account, least or 0) > own.get(account, most or _HUNDRED):
                self.wrong(
                    (*spot, "min_share"), f"the least share of {shown(account)} is above its most; swap them"
                )
        if everyone and sum((mine.get(a, least or Decimal(0)) for a in everyone), Decimal(0)) > _HUNDRED:
            self.wrong((*spot, "min_share"), "the least shares make more than 100 percent; lower them")
        few = (
            everyone
            and sum((own.get(a, _HUNDRED if most is None else most) for a in everyone), Decimal(0)) < _HUNDRED
        )
        if few and not written.remainder_to:
            self.wrong(
                (*spot, "max_share"),
                "the most shares make less than 100 percent; raise them, or name `remainder_to`",
            )
        return Bounds(least, most, least_of, most_of)

    def _one_bound(
        self, written: WrittenDivision, name: str, targets: tuple[str, ...] | None, spot: Spot
    ) -> tuple[Decimal | None, Shares]:
        given, at = getattr(written, name), (*spot, name)
        if given is None:
            return None, ()
        if isinstance(given, str):
            return self._bound(given, at), ()
        found = []
        for written_name, text in given.items():
            account = self.account(written_name, (*at, written_name))
            if targets is not None and account not in targets:
                self.wrong(
                    (*at, written_name), f'"{shown(written_name)}" is no target of this split; add it there'
                )
            found.append((account, self._bound(text, (*at, written_name))))
        return None, tuple(sorted(found))

    def _remainder(self, written: WrittenDivision, method: Method, values: Shares, spot: Spot) -> None:
        at = (*spot, "remainder_to")
        if method == "amount" and not written.remainder_to:
            self.wrong(at, "the method amount needs `remainder_to`: who takes what the amounts leave")
        without = method == "tiers" or (method in _WEIGHED and written.max_share is None)
        if without and written.remainder_to:
            self.wrong(at, f"the method {method} leaves no remainder; drop this line")
        if method == "fixed" and values and all(percent for _, percent in values):
            total = sum((percent for _, percent in values), Decimal(0))
            if total > _HUNDRED or (total < _HUNDRED and not written.remainder_to):
                hint = "" if total > _HUNDRED else ", or name `remainder_to`"
                self.wrong((*spot, "targets"), f"the percentages make {plain(total)}; make them 100{hint}")

    def _usage(self, written: WrittenDivision, window: Window, spot: Spot) -> Usage | None:
        if not written.file or not written.metric:
            missing = "file" if not written.file else "metric"
            self.wrong((*spot, missing), f"the method usage needs `{missing}`; add it")
            return None
        path = self.reader.located.path.parent / written.file
        if path not in self._files:
            self._files[path] = read_usage(path, self._target, self._no_target)
            self.reader.errors += self._files[path].errors
        file = self._files[path]
        if file.errors:
            return None
        if not file.by_day and (window.kind == "day" or window.through):
            self.wrong(
                (*spot, "window"),
                f"{file.path.name} gives months, no days; write a month, or give it a column `date`",
            )
        found = file.usage(written.metric)
        if isinstance(found, str):
            self.wrong((*spot, "metric"), found)
            return None
        return found

    def _target(self, name: str) -> str | None:
        registry = self.reader.registry
        if name.startswith("shared:") or registry.owner not in registry.keys:
            return name if name.startswith("shared:") else f"owner:{name.removeprefix('owner:')}"
        owner = registry.canonical(registry.owner, name.removeprefix("owner:"))
        return f"owner:{owner}" if owner is not None else None

    def _no_target(self, name: str) -> str:
        near = self.reader.registry.nearest(self.reader.registry.owner, name.removeprefix("owner:"))
        hint = f' Did you mean "{shown(near)}"?' if near else " Use one of the registry's values."
        return f'"{shown(name)}" is no value of the key "{shown(self.reader.registry.owner)}".{hint}'
