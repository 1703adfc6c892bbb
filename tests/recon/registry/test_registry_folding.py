"""Which spellings are the same, and which are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.registry import Folding, is_blank, renamed_by_export

DEFAULT, EXACT = Folding(), Folding(exact=True)
SEPARATORS, BOTH = Folding(separators=True), Folding(exact=True, separators=True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CostCenter", "costcenter"),
        ("  prod ", "PROD"),
        ("straße", "STRASSE"),
        ("é", "e\u0301"),
        ("K", "\u212a"),
    ],
)
def test_case_blanks_and_unicode_forms_fold(one: str, other: str) -> None:
    assert DEFAULT.fold(one) == DEFAULT.fold(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("cost-center", "cost_center"), ("CostCenter", "cost-center"), ("prod", "prd"), ("a b", "ab")],
)
def test_separators_camel_case_and_typos_do_not_fold_by_default(one: str, other: str) -> None:
    assert DEFAULT.fold(one) != DEFAULT.fold(other)


@pytest.mark.parametrize(
    "text", ["CostCenter", "cost_center", "cost  center", "Cost.Center", "cost:/center", "cost\\center"]
)
def test_separators_fold_when_asked(text: str) -> None:
    assert SEPARATORS.fold(text) == SEPARATORS.fold("cost-center")


@pytest.mark.parametrize(("one", "other"), [("costcenter", "cost-center"), ("S3BUCKET", "S3-BUCKET")])
def test_words_that_nothing_marks_stay_one_word(one: str, other: str) -> None:
    assert SEPARATORS.fold(one) != SEPARATORS.fold(other)


def test_exact_keeps_case_and_blanks_apart_but_not_unicode_forms() -> None:
    assert EXACT.fold("Prod") != EXACT.fold("prod")
    assert EXACT.fold(" prod") != EXACT.fold("prod")
    assert EXACT.fold("e\u0301") == EXACT.fold("é")


@pytest.mark.parametrize("folding", [DEFAULT, EXACT, SEPARATORS, BOTH], ids=str)
@given(text=st.text())
def test_folding_twice_changes_nothing(folding: Folding, text: str) -> None:
    once = folding.fold(text)
    assert folding.fold(once) == once


@pytest.mark.parametrize("folding", [DEFAULT, SEPARATORS], ids=str)
@given(text=st.text())
def test_unicode_forms_and_blanks_never_matter(folding: Folding, text: str) -> None:
    decomposed = unicodedata.normalize("NFD", text)
    assert folding.fold(f"\t{decomposed} ") == folding.fold(text)


@given(text=st.text())
def test_case_never_matters_where_case_folding_says_so(text: str) -> None:
    assert DEFAULT.fold(text) == DEFAULT.fold(text.casefold())


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("CostCenter", "cost_center"), ("cost-center", "cost_center"), ("Cost Center", "cost_center"),
        ("costCenter", "cost_center"), ("_x__y_", "x_y"), ("ABC", "a_b_c"),
        ("aws:createdBy", "aws_created_by"),
    ],
)  # fmt: skip
def test_exports_rename_keys_as_documented(key: str, column: str) -> None:
    assert renamed_by_export(key) == column


@given(key=st.text())
def test_a_renamed_key_is_renamed_to_itself(key: str) -> None:
    once = renamed_by_export(key)
    assert renamed_by_export(once) == once


@pytest.mark.parametrize("raw", [None, "", " ", "\t\n", "\u3000"])
def test_a_blank_counts_as_absent(raw: str | None) -> None:
    assert is_blank(raw)


def test_text_is_not_blank() -> None:
    assert not is_blank("0")
