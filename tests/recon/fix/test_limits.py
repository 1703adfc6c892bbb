"""Are the providers' limits on tags known before anything is proposed?"""

from __future__ import annotations

import pytest

from recon.fix.limits import refusal


@pytest.mark.parametrize(
    ("provider", "key", "value", "says"),
    [
        ("aws", "k" * 129, "v", "1 to 128"),
        ("aws", "aws:k", "v", "not beginning with aws:"),
        ("aws", "k", "v" * 257, "allows 256"),
        ("aws", "k", "a,b", "does not allow the value"),
        ("azure", "a<b", "v", "none of"),
        ("azure", "k", "v" * 257, "allows 256"),
        ("gcp", "Key", "v", "lower case"),
        ("gcp", "k", "Value", "lower case"),
        ("gcp", "k", "v" * 64, "allows 63"),
    ],
)
def test_what_a_provider_can_t_carry_is_refused(provider: str, key: str, value: str, says: str) -> None:
    assert says in (refusal(provider, {}, {key: value}) or "")


@pytest.mark.parametrize(
    ("provider", "key", "value"),
    [
        ("aws", "k" * 128, "v" * 256), ("aws", "Kostenstelle Zürich", "a b_c.d:e/f=g+h-i@j"), ("azure", "k" * 512, "a,b<c>"),
        ("gcp", "k" * 63, "v" * 63), ("gcp", "größe", "ü_-1"), ("elsewhere", "k", "v" * 1000),
    ],
)  # fmt: skip
def test_what_a_provider_carries_is_allowed(provider: str, key: str, value: str) -> None:
    assert refusal(provider, {}, {key: value}) is None


@pytest.mark.parametrize(("provider", "most"), [("aws", 50), ("azure", 50), ("gcp", 64)])
def test_one_tag_too_many_is_refused_and_a_change_of_one_there_is_not(provider: str, most: int) -> None:
    full = {f"k{n}": "v" for n in range(most)}
    assert f"allows {most}" in (refusal(provider, full, {"new": "v"}) or "")
    assert refusal(provider, full, {"k0": "w"}) is None


def test_the_provider_s_own_tags_don_t_count() -> None:
    full = {f"k{n}": "v" for n in range(49)} | {"aws:createdBy": "x"}
    assert refusal("aws", full, {"new": "v"}) is None


def test_a_refusal_names_no_value() -> None:
    assert "hunter2" not in (refusal("aws", {}, {"k": "hunter2,"}) or "")
