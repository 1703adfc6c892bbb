"""Is a list that became text read as what it was, without ever being run?"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.gcp.nested_cell import UnreadableCell, read_cell

PAIRS = st.lists(
    st.fixed_dictionaries({"key": st.text(), "value": st.one_of(st.none(), st.text())}), max_size=4
)


@given(PAIRS)
def test_what_python_prints_and_json_mean_the_same(pairs: list[dict[str, Any]]) -> None:
    assert json.loads(read_cell(repr(pairs), "key")) == pairs
    assert json.loads(read_cell(json.dumps(pairs), "key")) == pairs


@given(PAIRS)
def test_what_numpy_prints_means_the_same(pairs: list[dict[str, Any]]) -> None:
    printed = "[" + "\n ".join(repr(pair) for pair in pairs) + "]"
    assert json.loads(read_cell(printed, "key")) == pairs


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(json.loads(read_cell(text, "key")), list)
    except UnreadableCell as error:
        assert str(error)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("-5e-06", "-5e-06"),
        ("-0.30000000000000004441", "-0.30000000000000004441"),
        ("Decimal('-0.123456789012345678901234')", "-0.123456789012345678901234"),
        ("0", "0"),
    ],
)
def test_numbers_keep_their_digits(written: str, amount: str) -> None:
    [item] = json.loads(read_cell(f"[{{'amount': {written}}}]", "amount"))
    assert item["amount"] == amount


def test_json_numbers_keep_their_digits_too() -> None:
    assert json.loads(read_cell('[{"amount": -0.123456789012345678901234}]', "amount")) == [
        {"amount": "-0.123456789012345678901234"}
    ]


def test_truth_values_stay_so() -> None:
    cell = "[{'key': 'a', 'value': 'b', 'inherited': True}]"
    assert json.loads(read_cell(cell, "key"))[0]["inherited"] is True


@pytest.mark.parametrize("cell", ["None", "null", "[]", "{}", " [] "])
def test_nothing_is_an_empty_list(cell: str) -> None:
    assert read_cell(cell, "key") == "[]"


def test_an_object_of_labels_is_read_as_its_pairs() -> None:
    assert json.loads(read_cell("{'app': 'web'}", "key")) == [{"key": "app", "value": "web"}]


@pytest.mark.parametrize(
    "cell",
    [
        "__import__('os').system('true')",
        "[__import__('os').system('true')]",
        "[{'key': open('/etc/passwd').read()}]",
        "[{'key': 'a', 'value': 1 + 1}]",
        "[{'key': f'{1}'}]",
        "[x for x in [{'key': 'a'}]]",
    ],
)
def test_nothing_in_a_cell_is_run(cell: str) -> None:
    with pytest.raises(UnreadableCell):
        read_cell(cell, "key")


@pytest.mark.parametrize(
    ("cell", "why"),
    [
        ("env=prod", "is neither JSON nor a Python list"),
        ("[{'key': 'a'", "is neither JSON nor a Python list"),
        ("[1, 2]", "is not a list of {key, value}"),
        ("'text'", "is not a list of {key, value}"),
        ("[{'name': 'a'}]", 'has an item without "key"'),
        ("[{'key': 'a', 'value': {'b': 'c'}}]", "nests a value"),
        ("[" * 100_000, "is neither JSON nor a Python list"),
        ("[{'key': '" + "a" * (1 << 20) + "'}]", "is longer than a megabyte"),
    ],
)
def test_a_cell_that_is_no_list_says_why(cell: str, why: str) -> None:
    with pytest.raises(UnreadableCell, match=why.replace("{", r"\{")):
        read_cell(cell, "key")


def test_escapes_that_python_complains_of_are_read_in_silence() -> None:
    assert json.loads(read_cell(r"[{'key': 'a\d'}]", "key")) == [{"key": "a\\d"}]
