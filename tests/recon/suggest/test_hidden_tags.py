"""Can a hidden tag come back through any signal? Canaries: values that stand nowhere but on one resource."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_estate import ask_of, estate_of, item, rules_of

from recon.registry import Rules
from recon.suggest.estate import Estate
from recon.suggest.signals_found import Signal, all_signals

ITEMS, CROWD = range(1, 41), 4
SIGNALS = {signal.name: signal for signal in all_signals()}
# any value is valid for `note`; every canary is a value of the owner key too, so that names could spell it
REGISTRY = """
version: 1
owner: owner
keys:
  owner: {{aliases: [Owner], values: {{list: [{owners}]}}, inherit: [resource-group, sub-account], binding: [resource-group]}}
  note: {{aliases: [Note]}}
"""


def canary(number: int) -> str:
    return f"canary{number:03}"


def rules_with_canaries(folder: Path) -> Rules:
    return rules_of(folder, REGISTRY.format(owners=", ".join(canary(n) for n in ITEMS)))


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Rules:
    return rules_with_canaries(tmp_path_factory.mktemp("canaries"))


def everything_copied(rules: Rules) -> Estate:
    """Resources in crowds of every kind, whose name, stack, group and creator may be copies of their own tags."""
    copied = ("name", "stack", "group", "creator")
    items = [item(n, **{copied[n % 4]: canary(n)}, resource_id=f"r{n}") for n in ITEMS]
    for row in items:
        for column in copied[1:]:
            row[column] = row[column] or f"{column}-{row['item_no'] // CROWD}"
    tags = [
        (n, key, text) for n in ITEMS for key, text in (("Owner", canary(n).upper()), ("note", canary(n)))
    ]
    first = [(n, "resource-group", n - n % CROWD or 1) for n in ITEMS if n != (n - n % CROWD or 1)]
    states = [
        (n, key, canary(n), "aws_x.y", "states/x.tfstate", True) for n in ITEMS for key in ("owner", "note")
    ]
    return estate_of(rules, items, tags, places=first, managed=states)


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
@settings(max_examples=40, deadline=None)
@given(hidden=st.sets(st.tuples(st.sampled_from(ITEMS), st.sampled_from(["owner", "note"])), min_size=1))
def test_no_signal_ever_gives_a_hidden_value_back(
    canaries: Rules, signal: Signal, hidden: set[tuple[int, str]]
) -> None:
    pairs = ask_of(*sorted(hidden))
    estate = everything_copied(canaries).without(pairs)
    told = signal.suggest(estate, pairs).select("item_no", "value").rows()
    assert [(n, value) for n, value in told if value == canary(n)] == []


def test_without_hiding_the_canaries_would_be_told(canaries: Rules) -> None:
    estate, pairs = everything_copied(canaries), ask_of(*((n, "owner") for n in ITEMS))
    telling = {
        name
        for name, signal in SIGNALS.items()
        if any(
            v == canary(n) for n, v in signal.suggest(estate, pairs).select("item_no", "value").iter_rows()
        )
    }
    assert {"alias", "naming", "creator", "terraform"} <= telling


def test_hiding_one_key_leaves_the_others_and_the_neighbours(canaries: Rules) -> None:
    estate = everything_copied(canaries)
    rest = estate.without(ask_of((1, "owner")))
    assert (estate.known.height - rest.known.height, estate.raw.height - rest.raw.height) == (1, 1)
    assert estate.items.filter(estate.items["item_no"] != 1).equals(
        rest.items.filter(rest.items["item_no"] != 1)
    )
