"""Which of many rules holds first for a row, without asking each of them?

Most rules can only hold where one of a few tests does: where a column has one of some texts, or one that begins so.
For each value of a column it is worked out once which rules that leaves; a row then asks only the rules that the
values of its columns leave, however many rules there are. What a test says of a value is remembered, so that a text
is compared once however many rows have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from recon.allocation import All, AnyOf, Compare, Condition, Not, Rule
from recon.allocation.condition import Row

Give = Callable[[Rule, Row], str | None]
"""What a rule that holds gives to a row; None: the next rule is asked."""
_Test = Callable[[Row], bool]
_Tests = dict[Compare, _Test]
_Choice = frozenset[Compare]
_LOOSE, _LOOSEST = 10**6, 10**9


class RuleIndex:
    """Ordered rules, asked for the first that holds and gives something."""

    def __init__(self, rules: Sequence[Rule], give: Give) -> None:
        self._give = give
        tests: _Tests = {}
        self._rules = [(rule, _compiled(rule.when, tests)) for rule in rules]
        possible = [list(_choices(rule.when)) for rule in rules]
        used = Counter(
            (t.column, text) for choices in possible for c in choices for t in c for text in t.texts
        )
        self._always: list[int] = []
        self._columns: dict[str, _Column] = {}
        for place, choices in enumerate(possible):
            if not choices:
                self._always.append(place)
                continue
            for test in min(choices, key=lambda choice: sum(_width(test, used) for test in choice)):
                self._columns.setdefault(test.column, _Column(test.column)).add(
                    test, _compiled(test, tests), place
                )

    def first(self, row: Row) -> tuple[Rule, str] | None:
        """The first rule that holds for the row and gives something, with what it gives."""
        for place in self.candidates(row):
            rule, holds = self._rules[place]
            if holds(row) and (text := self._give(rule, row)) is not None:
                return rule, text
        return None

    def candidates(self, row: Row) -> Sequence[int]:
        """The places, ascending, of the rules that may hold for the row."""
        found = [self._always] if self._always else []
        for name, column in self._columns.items():
            if places := column.left_by(row[name]):
                found.append(places)
        if len(found) > 1:
            return sorted({place for places in found for place in places})
        return found[0] if found else ()


class _Column:
    """Which rules may hold where the column has a value, asked once per value."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._exact: dict[str, list[int]] = {}
        self._others: list[tuple[_Test, int]] = []
        self._known: dict[str | None, list[int]] = {}

    def add(self, test: Compare, holds: _Test, place: int) -> None:
        if test.operator == "in" and not test.ignore_case:
            for text in test.texts:
                self._exact.setdefault(text, []).append(place)
        else:
            self._others.append((holds, place))

    def left_by(self, value: str | None) -> list[int]:
        known = self._known.get(value)
        if known is None:
            exact = [] if value is None else self._exact.get(value, [])
            row = {self._name: value}
            known = sorted({*exact, *(place for holds, place in self._others if holds(row))})
            self._known[value] = known
        return known


def _choices(condition: Condition) -> Iterable[_Choice]:
    """Sets of tests, of each of which one must hold wherever the condition does; none where there is no such set. A
    condition that never holds has the empty set."""
    if isinstance(condition, Compare):
        yield frozenset((condition,))
    elif isinstance(condition, All):
        for part in condition.of:
            yield from _choices(part)
    elif isinstance(condition, AnyOf):
        least = [min(_choices(part), key=_looseness, default=None) for part in condition.of]
        known = [tests for tests in least if tests is not None]
        if len(known) == len(least):
            yield frozenset().union(*known)


def _looseness(choice: _Choice) -> int:
    return sum(_width(test, Counter()) for test in choice)


def _width(test: Compare, used: Counter[tuple[str, str]]) -> int:
    """How little a test tells rules apart: exact texts that few rules name do it best."""
    if test.operator == "in":
        return sum(1 + used[test.column, text] for text in test.texts)
    return _LOOSEST if test.operator == "present" else _LOOSE


def _compiled(condition: Condition, tests: _Tests) -> _Test:
    """The condition as a function; equal tests of different rules are one, and remember what they said."""
    if isinstance(condition, Compare):
        if condition not in tests:
            tests[condition] = _remembering(condition)
        return tests[condition]
    if isinstance(condition, Not):
        inner = _compiled(condition.of, tests)
        return lambda row: not inner(row)
    parts = [_compiled(part, tests) for part in condition.of]
    if isinstance(condition, All):
        return lambda row: all(part(row) for part in parts)
    return lambda row: any(part(row) for part in parts)


def _remembering(test: Compare) -> _Test:
    said: dict[str | None, bool] = {}
    column = test.column

    def holds(row: Row) -> bool:
        value = row[column]
        known = said.get(value)
        if known is None:
            known = said[value] = test.meets(value)
        return known

    return holds
