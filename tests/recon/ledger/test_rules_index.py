"""The index over rules gives what asking each of them in turn gives, and asks few of them."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from recon.allocation import EMPTY, All, Allocation, AnyOf, Compare, Condition, Dimension, Not, Rule, Target
from recon.allocation.condition import Row
from recon.ledger.owners import accounts_of
from recon.ledger.rule_index import RuleIndex

COLUMNS = ("ServiceName", "SubAccountId", "tag:app")
TEXTS = st.sampled_from(["a", "A", "b", "ab", "ba", "ß", "SS", ""])
TESTS = st.builds(
    Compare,
    st.sampled_from(COLUMNS),
    st.sampled_from(["in", "in", "in", "prefix", "suffix", "contains"]),
    st.lists(TEXTS, min_size=1, max_size=3).map(tuple),
    st.booleans(),
) | st.builds(Compare, st.sampled_from(COLUMNS), st.just("present"), st.sampled_from([("true",), ("false",)]))
CONDITIONS: st.SearchStrategy[Condition] = st.recursive(
    TESTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts)))
        | st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts)))
        | inner.map(Not)
    ),
    max_leaves=6,
)
TARGETS = TEXTS.map(lambda text: Target("text", text)) | st.sampled_from(COLUMNS).map(
    lambda column: Target("inherit", column, "lower")
)
RULES = st.lists(st.tuples(CONDITIONS, TARGETS), max_size=12).map(
    lambda made: [Rule(f"r{n}", when, to) for n, (when, to) in enumerate(made)]
)
ROWS = st.fixed_dictionaries(dict.fromkeys(COLUMNS, st.none() | TEXTS))


def gives(rule: Rule, row: Row) -> str | None:
    return rule.to.text_for(row)


def in_turn(rules: list[Rule], row: Row) -> tuple[Rule, str] | None:
    """Every rule, one after the other, nothing remembered."""
    for rule in rules:
        if rule.when.holds(row) and (text := rule.to.text_for(row)) is not None:
            return rule, text
    return None


@given(RULES, st.lists(ROWS, max_size=12))
def test_the_index_finds_what_asking_every_rule_in_turn_finds(rules: list[Rule], rows: list[Row]) -> None:
    index = RuleIndex(rules, gives)
    assert [index.first(row) for row in rows] == [in_turn(rules, row) for row in rows]


@given(RULES, st.lists(ROWS, min_size=1, max_size=12))
def test_a_frame_of_charges_is_judged_row_by_row_in_its_own_order(
    rules: list[Rule], rows: list[dict[str, str | None]]
) -> None:
    aside = {"class": "usage", "verdict": "untagged", "rung": None, "resolved": None}
    full = [{"case_no": str(n), **aside, **row} for n, row in enumerate(rows)]
    cases = pl.DataFrame(full, schema=dict.fromkeys(full[0], pl.String))
    allocation = _of(rules)
    found = accounts_of(cases, allocation, "2026-10", frozenset()).sort(pl.col("case_no").cast(pl.Int32))
    expected = [in_turn(rules, row) for row in rows]
    assert found["dimension:d"].to_list() == [text[1] if text else None for text in expected]
    assert found["rule:d"].to_list() == [text[0].id if text else None for text in expected]


def _of(rules: list[Rule]) -> Allocation:
    return replace(EMPTY, dimensions=(Dimension("d", tuple(rules)),), order=("owner", "dimension:d"))


def test_of_a_thousand_rules_a_row_asks_those_that_its_values_leave() -> None:
    rules = [
        Rule(
            f"r{n}",
            All((Compare("SubAccountId", "in", (str(n),)), Compare("ServiceName", "in", ("a",)))),
            Target("text", "x"),
        )
        for n in range(1000)
    ]
    rules.insert(500, Rule("loose", Compare("ServiceName", "prefix", ("z",)), Target("text", "y")))
    index = RuleIndex(rules, gives)
    row = {"SubAccountId": "700", "ServiceName": "a", "tag:app": None}
    assert list(index.candidates(row)) == [701]
    assert list(index.candidates({**row, "ServiceName": "zz"})) == [500, 701]
    assert index.first(row) == (rules[701], "x")


def test_a_text_is_compared_once_however_many_rows_and_rules_have_it() -> None:
    asked: list[str | None] = []

    class Counting(Compare):
        def meets(self, value: str | None) -> bool:
            asked.append(value)
            return super().meets(value)

    same = [Counting("ServiceName", "prefix", ("a",)) for _ in range(3)]
    index = RuleIndex(
        [Rule(f"r{n}", All((test, Not(test))), Target("text", "x")) for n, test in enumerate(same)], gives
    )
    for value in ("a", "b", "a", "b", None, None):
        assert index.first({"ServiceName": value}) is None
    assert asked == ["a", "b", None]
