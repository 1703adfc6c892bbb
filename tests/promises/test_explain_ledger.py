"""For any account the lines add up to the statement exactly: from the amount back to charges and bill lines."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from recon.cli.app import app
from recon.config import load_config
from recon.errors import InputError
from recon.explain.account import explain_account, explain_entry
from reports.questions import Store
from tests.bills import ALLOCATION, line, work, write_bill, write_config
from tests.promises.test_closing import PAY, SEARCH, bill, close, october

CASCADE = ALLOCATION.replace(
    "splits:\n",
    "splits:\n  - {id: support, source: 'shared:support', method: fixed, targets: {'shared:network': 50, payments: 50}}\n",
)
COSTS = ("billed_cost", "effective_cost")


def leaves(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What an entry is made of at the last level: charges with their parts, or the pieces of an adjustment."""
    if "adjustment" in document:
        yield from document["adjustment"]["pieces"]
    yield from document.get("charges", ())
    for source in [*document.get("share", document).get("made_of", ())]:
        yield from leaves(source)


def added(rows: Any) -> tuple[Decimal, ...]:
    listed = list(rows)
    return tuple(sum((row[cost] for row in listed), Decimal(0)) for cost in COSTS)


def check_levels(document: dict[str, Any]) -> None:
    """Each level of an entry sums to the level above."""
    below = document.get("share", document).get("made_of")
    if below is not None:
        assert added(below) == added([document])
        for source in below:
            check_levels(source)
    if "charges" in document:
        assert added(document["charges"]) == added([document])
    if "adjustment" in document and document["adjustment"]["kept"]:
        assert added(document["adjustment"]["pieces"]) == added([document])


def check_store(path: Path) -> set[str]:
    """Every account of a store, every level of it; the parts of statements that there were."""
    seen = set()
    with Store(path) as store:
        ledger = store.ask(
            "SELECT account, billing_period, BillingCurrency AS currency, sum(BilledCost) AS billed_cost, "
            "sum(EffectiveCost) AS effective_cost FROM ledger GROUP BY ALL ORDER BY ALL"
        )
        by_account = defaultdict(dict)
        for row in ledger:
            by_account[row["account"]][row["billing_period"], row["currency"]] = added([row])
        for account, totals in by_account.items():
            told = explain_account(store, account).document
            assert {(s["billing_period"], s["currency"]): added([s]) for s in told["statements"]} == totals
            for statement in told["statements"]:
                assert added(statement["parts"]) == added(statement["entries"]) == added([statement])
                shared = next(p for p in statement["parts"] if p["part"] == "shared")
                assert added(statement["pools"]) == added([shared])
                seen |= {p["part"] for p in statement["parts"] if p["entries"]}
                for entry in statement["entries"]:
                    check_levels(entry)
                if all(e.get("adjustment", {"kept": True})["kept"] for e in statement["entries"]):
                    assert added(leaf for e in statement["entries"] for leaf in leaves(e)) == added(
                        [statement]
                    )
    return seen


AMOUNT = st.decimals("-99.999", "99.999", places=3).map(str)
LINES = st.lists(
    st.builds(
        lambda day, cost, effective, tags, **more: {
            **line(day, cost, tags=tags, **more),
            "EffectiveCost": effective,
        },
        st.integers(1, 3),
        AMOUNT,
        AMOUNT,
        st.sampled_from([PAY, SEARCH, {}]),
        ServiceName=st.sampled_from(["Compute", "Transit", "Support"]),
        ChargeCategory=st.sampled_from(["Usage", "Tax"]),
        BillingAccountId=st.sampled_from(["payer", "other"]),
        ResourceId=st.sampled_from(["r-1", "r-2", None]),
    ),
    min_size=1,
    max_size=9,
)
NETWORK = "source: 'shared:network', method: proportional"
RULES = st.sampled_from(
    [
        ALLOCATION,
        CASCADE,
        CASCADE.replace("'shared:network': 50, payments: 50", "'shared:network': 12.5, payments: 87.5"),
        CASCADE.replace(NETWORK, f"{NETWORK}, window: day"),
        CASCADE.replace(NETWORK, f"{NETWORK}, within: [ServiceName]"),
    ]
)


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=LINES, after=LINES, rules=RULES, later=RULES)
def test_any_bill_closed_and_restated_adds_up_at_every_level(
    tmp_path_factory: pytest.TempPathFactory, before: Any, after: Any, rules: str, later: str
) -> None:
    folder = tmp_path_factory.mktemp("books")
    config = write_config(folder)
    (folder / "allocation.yaml").write_text(rules, "utf-8")
    bill(config, before)
    check_store(load_config(config).store)
    close(config, partial=True)
    check_store(load_config(config).store)
    (folder / "allocation.yaml").write_text(later, "utf-8")
    bill(config, after)
    check_store(load_config(config).store)


@pytest.fixture
def estate(tmp_path: Path) -> Path:
    config = write_config(tmp_path)
    (tmp_path / "allocation.yaml").write_text(CASCADE, "utf-8")
    lines = [*october(), line(31, "8", ServiceName="Support", ChargeCategory="Purchase", ResourceId=None)]
    write_bill(tmp_path / "exports/oct.csv", lines)
    work(config)
    return config


def told(config: Path, account: str, period: str = "2026-10") -> dict[str, Any]:
    with Store(load_config(config).store) as store:
        (statement,) = explain_account(store, account, (period, period)).document["statements"]
        return statement


def test_an_adjustment_is_told_charge_by_charge_and_share_by_share(estate: Path) -> None:
    close(estate)
    bill(estate, october("50"))
    (entry,) = [e for e in told(estate, "owner:payments", "2026-11")["entries"] if e["class"] == "usage"]
    adjustment = entry["adjustment"]
    assert (adjustment["origin_period"], adjustment["reason"], adjustment["closed"]["closed_by"]) == (
        "2026-10", "bill restated", "finance",
    )  # fmt: skip
    assert [
        (p["kind"], p["resource"], p["before_effective_cost"], p["now_effective_cost"], p["effective_cost"])
        for p in adjustment["pieces"]
    ] == [("charges", "p-1", 10, 50, 40)]
    (share,) = [
        p
        for e in told(estate, "owner:payments", "2026-11")["entries"]
        if e["class"] == "shared"
        for p in e["adjustment"]["pieces"]
        if p["pool"] == "shared:network"
    ]
    assert (share["weight_before"], share["weight_total_before"], share["pool_before_effective_cost"]) == (
        "10",
        "40",
        8,
    )
    assert (share["weight_now"], share["weight_total_now"], share["pool_now_effective_cost"]) == (
        "50",
        "80",
        4,
    )
    assert (share["before_effective_cost"], share["now_effective_cost"]) == (2, Decimal("2.5"))


def test_a_frozen_adjustment_says_that_it_is_no_longer_known_what_it_was_made_of(estate: Path) -> None:
    bill(estate, [line(30, "7", month=11, tags=PAY)], "nov")
    close(estate)
    bill(estate, october("50"))
    close(estate, "2026-11")
    bill(estate, october("20"))
    check_store(load_config(estate).store)
    frozen = [e for e in told(estate, "owner:payments", "2026-11")["entries"] if e["part"] == "adjustments"]
    assert [e["adjustment"]["kept"] for e in frozen] == [False] * len(frozen) != []
    for entry in frozen:
        standing = entry["adjustment"]["standing"]
        assert added([standing["frozen"], *standing["adjustments"]]) == added([standing["now"]])
    later = [e for e in told(estate, "owner:payments", "2026-12")["entries"] if e["class"] == "usage"]
    assert {p["kind"] for e in later for p in e["adjustment"]["pieces"]} == {"charges", "adjustment"}


def test_a_share_is_followed_through_a_cascade(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "allocation.yaml").write_text(
        CASCADE.replace(
            "rules:\n", "rules:\n  - {id: help, when: {ServiceName: Help}, to: 'shared:support'}\n"
        ),
        "utf-8",
    )
    bill(config, [*october(), line(9, "8", ServiceName="Help", ResourceId=None)])
    statement = told(config, "owner:search")
    (network,) = [e for e in statement["entries"] if e["part"] == "shared"]
    own, through = network["share"]["made_of"]
    # 4 of transit and half of 8 of support, of which search gets 30/40
    assert (own["rule_id"], own["pool_effective_cost"], own["effective_cost"]) == ("transit", 4, 3)
    assert (through["rule_id"], through["pool"], through["effective_cost"]) == (
        "support",
        "shared:support",
        3,
    )
    assert [c["service"] for source in through["made_of"] for c in source["charges"]] == ["Help"]
    check_store(load_config(config).store)


@pytest.mark.parametrize(
    ("wanted", "period", "said"),
    [
        ("owner:paymens", "2026-10", 'Did you mean "owner:payments"?'),
        ("owner:payments", "2026-12", "allowed: 2026-10"),
        ("entry:0000000000000000", "2026-10", 'no entry "0000000000000000" is posted'),
        ("nothing-at-all", "2026-10", 'no resource "nothing-at-all"'),
    ],
)
def test_what_is_not_there_is_told_with_what_is(estate: Path, wanted: str, period: str, said: str) -> None:
    answer = CliRunner().invoke(app, ["explain", wanted, "--config", str(estate), "--period", period])
    assert (answer.exit_code, said in answer.output) == (2, True), answer.output


def invoked(config: Path, *arguments: str) -> str:
    answer = CliRunner().invoke(app, ["explain", *arguments, "--config", str(config)])
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_command_tells_account_and_entry_as_text_and_json(estate: Path) -> None:
    document = json.loads(invoked(estate, "owner:payments", "--json"))
    assert (document["schema"], document["kind"]) == ("tagrecon.explain/1", "account")
    entry = document["statements"][0]["entries"][0]
    assert document["lines"][0]["path"].endswith("exports/oct.csv")
    one = json.loads(invoked(estate, entry["entry_id"], "--json"))
    assert one["kind"] == "entry"
    assert (
        one["entry"] == entry == json.loads(invoked(estate, f"entry:{entry['entry_id']}", "--json"))["entry"]
    )
    assert json.loads(invoked(estate, "payments", "--json"))["account"] == "owner:payments"
    assert json.loads(invoked(estate, "p-1", "--json"))["kind"] == "resource"
    text = invoked(estate, "owner:payments")
    assert "What came from shared:network" in text
    assert "oct.csv" in "".join(text.split())  # a title may be folded
    assert "Sum" in invoked(estate, entry["entry_id"])


def test_hostile_names_are_harmless_in_the_terminal(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    bill(config, [line(5, "1", tags=PAY, ResourceId="a\x1b[31m\u202eevil", ServiceName="[red]x[/red]\x07")])
    text = invoked(config, "owner:payments")
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "[red]x[/red]" in text


def test_an_entry_that_is_nowhere_is_an_input_error(estate: Path) -> None:
    with Store(load_config(estate).store) as store, pytest.raises(InputError, match="no entry"):
        explain_entry(store, "'; DROP")
