"""Is Cohen's kappa what the literature says it is?"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reviewers import said

from recon.cli.review_text import kappa
from recon.review.agreement import Agreement, agreements, cohen_kappa

# two reviewers, yes or no: (both yes, only the first, only the second, both no) -> kappa.
# Sources: Cohen's kappa, Wikipedia: 50 grant proposals; the two tables of equal agreement (60 of 100) and unequal marginals.
PUBLISHED = [((20, 5, 10, 15), "0.40"), ((45, 15, 25, 15), "0.13"), ((25, 35, 5, 35), "0.26")]


def table(both: int, first: int, second: int, neither: int) -> list[tuple[str, str]]:
    return (
        [("yes", "yes")] * both
        + [("yes", "no")] * first
        + [("no", "yes")] * second
        + [("no", "no")] * neither
    )


@pytest.mark.parametrize(("counts", "expected"), PUBLISHED)
def test_kappa_is_that_of_published_examples(counts: tuple[int, int, int, int], expected: str) -> None:
    assert kappa(cohen_kappa(table(*counts))) == expected


def test_kappa_is_exact() -> None:
    assert cohen_kappa(table(20, 5, 10, 15)) == Fraction(2, 5)
    assert cohen_kappa(table(45, 15, 25, 15)) == Fraction(3, 23)


@pytest.mark.parametrize("pairs", [[], [("a", "a")], [("a", "a")] * 9])
def test_kappa_is_undefined_without_items_or_with_one_category(pairs: list[tuple[str, str]]) -> None:
    assert cohen_kappa(pairs) is None
    assert kappa(None) == "–"


def test_agreement_as_chance_would_make_it_is_nought_and_full_agreement_is_one() -> None:
    assert cohen_kappa([(a, b) for a in "xy" for b in "xy"]) == 0
    assert cohen_kappa([("x", "x"), ("y", "y"), ("z", "z")]) == 1
    assert cohen_kappa([("x", "y"), ("y", "x")]) == -1


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd")), min_size=1, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    ours = cohen_kappa(pairs)
    if ours is not None:
        assert float(ours) == pytest.approx(metrics.cohen_kappa_score(*zip(*pairs, strict=True)))


def test_agreement_is_told_per_pair_and_key_over_what_both_decided() -> None:
    found = [
        said(1, "ana", value="prod", action="a1"), said(2, "ben", value="prod", action="a1"),
        said(1, "ana", value="prod", action="a2"), said(2, "ben", value="test", action="a2", kind="correct"),
        said(1, "ana", value="pay", action="a3", key="cost-center"), said(2, "ben", value="pay", action="a3", key="cost-center"),
        said(1, "ana", value="pay", action="a4"), said(3, "cy", value="pay", action="a5"),
    ]  # fmt: skip
    rows = agreements(found)
    assert [(a.first, a.second, a.key, a.items, a.same) for a in rows] == [
        ("ana", "ben", "", 3, 2), ("ana", "ben", "cost-center", 1, 1), ("ana", "ben", "environment", 2, 1),
    ]  # fmt: skip
    assert rows[1] == Agreement("ana", "ben", "cost-center", 1, 1, None)


def test_the_newest_word_of_each_counts_and_an_adjudication_is_no_second_opinion() -> None:
    found = [said(1, "ana", value="prod"), said(2, "ben", value="test"), said(3, "ben", value="prod"),
             said(4, "ana", value="test", adjudicates=True)]  # fmt: skip
    [whole, _of_key] = agreements(found)
    assert (whole.items, whole.same) == (1, 1)
