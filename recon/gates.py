"""Is a key's coverage what a gate asks for? `--fail-under cost-center=95:taggable` as data and as an answer.

A gate looks at one billing period and the scope `all`, at every currency on its own: the worst one decides. A
share that is not known does not pass, because nobody has shown that it is high enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from recon.errors import InputError
from recon.hostile import shown

_SHAPE = "write KEY=PERCENT, then :taggable and :count as you need them, such as cost-center=95:taggable"
_COLUMNS = {
    (False, False): "by_cost",
    (True, False): "by_cost_taggable",
    (False, True): "by_count",
    (True, True): "by_count_taggable",
}


@dataclass(frozen=True)
class Gate:
    """At least `percent` (0 to 100) of the key's cost, or count, carries a valid value of its own."""

    key: str
    percent: Decimal
    taggable: bool = False
    by_count: bool = False

    @property
    def column(self) -> str:
        """The column of `coverage` that this gate reads."""
        return _COLUMNS[self.taggable, self.by_count]

    @property
    def basis(self) -> str:
        """In words: of what."""
        what = "resources" if self.by_count else "cost"
        return f"taggable {what}" if self.taggable else f"all {what}"


@dataclass(frozen=True)
class Passed:
    """One gate's answer in one currency. `share` 0..1, None = not known; `met` says whether it passed."""

    gate: Gate
    billing_period: str
    currency: str | None
    share: Decimal | None
    met: bool


def parse_gates(texts: Iterable[str], keys: Sequence[str]) -> list[Gate]:
    """The gates as written; `keys` are those that the registry knows. InputError names what is allowed."""
    return [_parsed(text, keys) for text in texts]


def evaluate(gates: Iterable[Gate], coverage: Iterable[Mapping[str, object]], period: str) -> list[Passed]:
    """One answer per gate and currency of the period, in the order of the gates; a gate that meets no row of
    coverage is not met."""
    rows = [row for row in coverage if row["scope"] == "all" and row["billing_period"] == period]
    answers: list[Passed] = []
    for gate in gates:
        own = sorted((row for row in rows if row["key"] == gate.key), key=lambda row: str(row["currency"]))
        answers += [_answer(gate, period, str(row["currency"]), row[gate.column]) for row in own]
        if not own:
            answers.append(Passed(gate, period, None, None, False))
    return answers


def _answer(gate: Gate, period: str, currency: str, share: object) -> Passed:
    known = None if share is None else Decimal(str(share))
    return Passed(gate, period, currency, known, known is not None and known * 100 >= gate.percent)


def _parsed(text: str, keys: Sequence[str]) -> Gate:
    key, equals, asked = text.rpartition("=")  # a key may hold "=" and ":" itself
    number, *flags = asked.strip().split(":")
    if not (equals and key and number):
        raise _refused(text, _SHAPE)
    if len(set(flags)) < len(flags) or not set(flags) <= {"taggable", "count"}:
        raise _refused(
            text, f'after the percentage only ":taggable" and ":count" are allowed, each once; {_SHAPE}'
        )
    if key not in keys:
        from recon.yaml_file import not_allowed

        raise _refused(text, not_allowed(key, "key of the registry", keys))
    return Gate(key, _percent(text, number), "taggable" in flags, "count" in flags)


def _percent(text: str, number: str) -> Decimal:
    try:
        percent = Decimal(number.strip().removesuffix("%").strip())
    except InvalidOperation:
        raise _refused(text, f'"{shown(number, 40)}" is no percentage; {_SHAPE}') from None
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise _refused(text, "the percentage lies between 0 and 100")
    if 0 < percent < 1:
        raise _refused(
            text, f"below 1 %: write percent, not a share ({percent * 100:f} for {percent * 100:f} %)"
        )
    return percent


def _refused(text: str, why: str) -> InputError:
    return InputError(f"--fail-under {shown(text, 80)}: {why}")
