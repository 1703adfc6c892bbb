"""Hostile text is shown harmlessly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reports.commands import explain_command
from reports.visible import safe_name, visible


def test_bidi_overrides_and_nul_are_spelled_out() -> None:
    assert visible("a\x00b\u202ec") == "a‹U+0000›b‹U+202E›c"


def test_a_long_value_is_cut_and_says_how_long_it_was() -> None:
    assert visible("x" * 10_240) == "x" * 120 + "… (10,240 characters)"


def test_a_plain_lower_case_owner_keeps_its_name_as_file_name() -> None:
    assert safe_name("data-lake") == "data-lake"


def test_two_owners_that_differ_in_case_get_two_files() -> None:
    assert safe_name("Search").lower() != safe_name("search").lower()


@given(st.text())
def test_no_value_escapes_its_folder_or_names_a_device(value: str) -> None:
    name = safe_name(value)
    assert name.strip("abcdefghijklmnopqrstuvwxyz0123456789._-") == ""
    assert name[0] not in ".-" and len(name) <= 60
    assert name.split(".")[0] not in {"con", "nul", "aux", "prn", "com1", "lpt1"}


def test_a_command_is_quoted_for_the_shell() -> None:
    assert explain_command("a b; rm -rf ~") == "tagrecon explain 'a b; rm -rf ~'"


def test_no_command_is_offered_for_an_id_that_would_be_an_option() -> None:
    assert explain_command("--config=/etc/passwd") is None


def test_no_command_is_offered_for_an_id_with_unseen_characters() -> None:
    assert explain_command("a\u202eb") is None
