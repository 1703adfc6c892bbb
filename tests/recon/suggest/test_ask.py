"""What may be shown of what signals say?"""

from __future__ import annotations

import polars as pl
from small_estate import ask_of, estate_of, item

from recon.registry import Rules
from recon.suggest.ask import WITHHELD, ask
from recon.suggest.estate import SAID, Estate
from recon.suggest.signals_found import Signal, all_signals

MARK = "‹masked:0123456789ab›"


def signal(*rows: tuple[int, str, str, float, str]) -> Signal:
    return Signal("parrot", "1", "?", lambda estate, asked: pl.DataFrame(rows, schema=SAID, orient="row"))


def asked_of(
    rules: Rules, *rows: tuple[int, str, str, float, str], marks: dict[str, str] | None = None
) -> pl.DataFrame:
    estate = estate_of(rules, [item(1)])
    return ask(
        estate,
        ask_of((1, "cost-center")),
        [signal(*rows)],
        lambda v: "ann" if v == MARK else v,
        (marks or {}).get,
    )


def test_only_values_that_are_valid_today_are_said(rules: Rules) -> None:
    rows = [(1, "cost-center", value, 1.0, "says so") for value in ("payments", "growth", "nonsense")]
    assert asked_of(rules, *rows)["value"].to_list() == ["payments"]


def test_a_sensitive_value_is_said_by_its_mark_and_its_evidence_is_withheld(rules: Rules) -> None:
    rows = [(1, "contact", "ann", 1.0, "the name says ann"), (1, "contact", "ben", 1.0, "the name says ben")]
    heard = asked_of(rules, *rows, marks={"ann": MARK})
    assert heard.select("value", "evidence").rows() == [(MARK, WITHHELD)]


def test_a_mark_of_a_valid_value_is_said_as_it_is(rules: Rules) -> None:
    heard = asked_of(rules, (1, "contact", MARK, 1.0, f"siblings say {MARK}"))
    assert heard.select("value", "evidence").rows() == [(MARK, f"siblings say {MARK}")]


def test_evidence_is_one_harmless_line(rules: Rules) -> None:
    [line] = asked_of(rules, (1, "cost-center", "payments", 1.0, "a\n\x1b[31mb\u202e" + "x" * 999))[
        "evidence"
    ]
    assert line.isprintable()
    assert len(line) <= 301


def test_a_signal_that_is_off_is_not_asked(rules: Rules) -> None:
    estate: Estate = estate_of(rules, [item(1, name="payments-1")])
    pairs = ask_of((1, "cost-center"))
    assert ask(estate, pairs, all_signals(), str, lambda v: None)["signal"].to_list() == ["naming"]
    assert ask(estate, pairs, all_signals(), str, lambda v: None, off=["naming"]).is_empty()


def test_the_folder_holds_the_signals_and_each_says_what_it_asks() -> None:
    found = {each.name: each for each in all_signals()}
    assert {
        "alias",
        "typo",
        "container",
        "catalogue",
        "naming",
        "siblings",
        "codeowners",
        "creator",
        "terraform",
    } <= found.keys()
    assert all(each.question.endswith("?") and each.version for each in found.values())
