"""What is wrong with splits, usage files and policies is told at load, with file and line."""

from __future__ import annotations

import csv
from pathlib import Path

import jsonschema
import pytest
import yaml

from recon.allocation import Allocation, allocation_schema, load_allocation
from recon.errors import InputError
from recon.registry import Registry, load_registry

REGISTRY = "version: 1\nowner: team\nkeys:\n  team: {values: {list: [payments, search]}, value_aliases: {payments: [pay]}}\n"
USAGE = "month,target,metric,value\n2026-10,pay,requests,10\n"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    path = tmp_path / "registry.yaml"
    path.write_text(REGISTRY)
    return load_registry(path)


def load(folder: Path, registry: Registry, text: str) -> Allocation:
    (folder / "usage.csv").write_text(USAGE) if not (folder / "usage.csv").exists() else None
    path = folder / "allocation.yaml"
    path.write_text(text, "utf-8")
    return load_allocation(path, registry)


def split(fields: str, source: str = "source: 'shared:tax', ") -> str:
    return f"splits:\n - {{id: s, {source}{fields}}}\n"


def circle(fields: str, other: str = "method: even, targets: ['shared:tax']") -> str:
    return f"sharing: reciprocal\nsplits:\n - {{id: s, source: 'shared:tax', {fields}}}\n - {{id: t, source: 'shared:fee', {other}}}\n"


REFUSED = [
    (split("method: even", ""), ":2: either `source` or `when` is needed"),
    (split("when: {x_Class: tax}, method: even"), ":2: either `source` or `when` is needed"),
    (split("method: even", "source: 'owner:serch', "), '"serch" is no value of the key "team". Did you mean "search"?'),
    (split("method: even, targets: [search]", "source: 'owner:search', "), "in a circle: owner:search → owner:search"),
    (split("method: even, from: 2026-02, to_period: 2026-01"), ":2: to_period lies before from"),
    (split("method: amount, targets: {search: 1}, currency: USD"), "the method amount needs `remainder_to`"),
    (split("method: amount, targets: {search: 1}, remainder_to: pay"), "the method amount needs `currency`"),
    (split("method: amount, targets: {search: -1}, currency: USD, remainder_to: pay"), "targets.search: a number above 0"),
    (split("method: amount, targets: {search: 1}, currency: usd, remainder_to: pay"), "a currency of three capitals"),
    (split("method: weights"), "the method weights needs `owner: weight` lines"),
    (split("method: weights, targets: {search: 0}"), "targets.search: a number above 0"),
    (split("method: even, metric: requests"), "the method even has no `metric` (usage have it); drop this line"),
    (split("method: fixed, targets: {search: 100}, min_share: 3"), "the method fixed has no `min_share`"),
    (split("method: proportional, of: {ServiceNam: x}"), ':2: unknown column "ServiceNam"'),
    (split("method: proportional, window: yesterday"), "splits[0].window: month, day, previous_month, or a month"),
    (split("method: proportional, window: 2026-02-30"), '"2026-02-30" is no day in the calendar'),
    (split("method: proportional, within: [Servicename]"), 'unknown column of a charge "Servicename"'),
    (split("method: proportional, when_zero: {to: serch}"), 'Did you mean "search"?'),
    (split("method: even, targets: [pay, search], min_share: 51"), "the least shares make more than 100 percent"),
    (split("method: even, targets: [pay, search], max_share: 49"), "the most shares make less than 100 percent"),
    (split("method: even, targets: [search], min_share: {pay: 5}"), '"pay" is no target of this split'),
    (split("method: even, min_share: {pay: 50}, max_share: {pay: 40}"), "the least share of owner:payments is above its most"),
    (split("method: even, min_share: 120"), "min_share: a percentage from 0 to 100 is needed"),
    (split("method: usage, metric: requests"), "the method usage needs `file`"),
    (split("method: usage, file: usage.csv"), "the method usage needs `metric`"),
    (split("method: usage, file: nowhere.csv, metric: requests"), "nowhere.csv: no such file"),
    (split("method: usage, file: usage.csv, metric: request"), 'unknown metric "request" in usage.csv; allowed: requests'),
    (split("method: usage, file: usage.csv, metric: requests, window: day"), "usage.csv gives months, no days"),
    (split("method: tiers, currency: USD"), "the method tiers needs `tiers`"),
    (split("method: tiers, currency: USD, tiers: [{up_to: 5, method: even}]"), "every tier but the last needs `up_to`"),
    (split("method: tiers, currency: USD, tiers: [{up_to: 5, method: even}, {up_to: 5, method: even}, {method: even}]"), "`up_to` must be above"),
    (split("method: tiers, currency: USD, tiers: [{method: proportional, window: day}]"), "a tier divides whole amounts"),
    (split("method: even, to_period: 2026-05") + " - {id: t, source: 'shared:tax', method: even, from: 2026-05}\n", ':3: "shared:tax" is already divided by the split on line 2'),
    (split("method: even, targets: ['shared:fe']"), ':2: no split divides "shared:fe", which this one pays into'),
    (split("method: even, targets: ['shared:fee']") + " - {id: t, source: 'shared:fee', method: even, to_period: 2026-05}\n", ':2: no split divides "shared:fee" in 2026-06'),
    (circle("method: even, targets: ['shared:fee']"), "nothing ever leaves this circle: shared:fee → shared:tax → shared:fee"),
    (circle("method: proportional, window: day, targets: ['shared:fee', pay]"), "shares must not depend on amounts, days or values"),
    ("policies: {tax: spred}\n", "spread, even, service, owner:<value> or shared:<pool> is needed"),
    ("policies: {tax: 'owner:serch'}\n", ':1: "serch" is no value'),
    ("policies: {tax: account}\n", "`account_owner_bears: [tax]` in tagrecon.yaml"),
    ("policies: {taxes: even}\n", 'unknown key "taxes" in policies; allowed: unused_commitments'),
    ("policies: {savings: spread}\n", "allowed: users, shared"),
    ("policies: {tax: even}\n" + split("method: even"), ':1: the split on line 3 divides "shared:tax" already'),
    ("policies: {tax: 'owner:search'}\n" + split("method: even"), ':1: the split on line 3 divides "shared:tax" already'),
    ("policies: {commitment_purchases: even}\n" + split("method: even", "source: 'shared:commitment', "), 'divides "shared:commitment" already'),
    ("policies: {commitment_purchases: 'owner:pay'}\n" + split("method: even", "source: 'shared:commitment', "), 'divides "shared:commitment" already'),
    ("policies: {credits: 'shared:taxs'}\n" + split("method: even"), ':1: no split divides "shared:taxs"; add one with this `source`, or name an owner. Did you mean "shared:tax"?'),
    ("policies: {tax: 'shared:rest'}\n" + split("when: {SkuId: x}, method: even, from: 2026-05", "").replace("id: s", "id: rest"), ':1: no split divides "shared:rest" before 2026-05'),
    (split("when: {SkuId: x}, method: even", "").replace("id: s", "id: tax"), ":2: the pool of this split would be that of the class tax; choose another id, or divide the class by `source: shared:tax`"),
    (split("method: even, targets: [search], of: {SkuId: x}"), ":2: `of` says which owners have cost, and here the targets are named"),
    (split("method: even, targets: [search], window: day"), ":2: `window` says which owners have cost"),
    (split("method: even, targets: [search], within: [ServiceName]"), ":2: `within` says which owners have cost"),
    (split("method: proportional, of: {SkuId: x}, when_zero: even"), ":2: `even` needs to know among whom where nothing weighs; name the targets"),
    (split("method: even, targets: all, within: [ServiceName], when_zero: even"), "`even` needs to know among whom"),
    (split("method: usage, file: usage.csv, metric: requests, when_zero: even"), "`even` needs to know among whom"),
    (split("method: weights, targets: {search: ٣}"), "targets.search: a number above 0"),
    (split("method: even, min_share: ٣"), "min_share: a percentage from 0 to 100"),
    (split("method: proportional, window: ٢٠٢٦-10"), "month, day, previous_month, or a month"),
    (split("method: even, from: ٢٠٢٦-10"), "a billing period is needed, as YYYY-MM"),
    ("default: 'shared:tax'\n" + split("method: even, from: 2026-05, to_period: 2026-06") + " - {id: t, source: 'shared:tax', method: even, from: 2026-08, to_period: 2026-09}\n",
     ':1: no split divides "shared:tax" before 2026-05, from 2026-07 through 2026-07, from 2026-10 on; add one for these months'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_mistake_is_told_with_its_line(text: str, message: str, tmp_path: Path, registry: Registry) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, registry, text)
    assert message in str(refused.value)


USAGE_REFUSED = [
    ("", ":1: the columns target, metric, value, and either date or month, are needed"),
    ("month,date,target,metric,value\n", ":1: the columns"),
    ("month,target,metric,value\n2026-13,pay,m,1\n", ':2: "2026-13" is no month'),
    ("date,target,metric,value\n2026-02-30,pay,m,1\n", ':2: "2026-02-30" is no day'),
    ("month,target,metric,value\n\n2026-10,serch,m,1\n", ':3: "serch" is no value of the key "team". Did you mean "search"?'),
    ("month,target,metric,value\n2026-10,pay,m,-1\n", ':2: "-1" is no value; a plain number of 0 or more'),
    ("month,target,metric,value\n2026-10,pay,m,1.000,5\n", ":2: 5 cells stand here, 4 are needed"),
    ("month,target,metric,value\n2026-10,pay,m,nan\n", ':2: "nan" is no value'),
    ("month,target,metric,value\n2026-10,pay,,1\n", ":2: the metric is blank"),
    ("month,target,metric,value\n٢٠٢٦-10,pay,m,1\n", ':2: "٢٠٢٦-10" is no month; write YYYY-MM'),
    ("date,target,metric,value\n2026-10-٣١,pay,m,1\n", ':2: "2026-10-٣١" is no day; write YYYY-MM-DD'),
    ("month,target,metric,value\n2026-10,pay,m,٣\n", ':2: "٣" is no value; a plain number'),
]  # fmt: skip


@pytest.mark.parametrize(("usage", "message"), USAGE_REFUSED)
def test_a_bad_line_of_a_usage_file_is_told_with_file_and_line(
    usage: str, message: str, tmp_path: Path, registry: Registry
) -> None:
    (tmp_path / "usage.csv").write_text(usage)
    with pytest.raises(InputError) as refused:
        load(tmp_path, registry, split("method: usage, file: usage.csv, metric: m"))
    assert f"{tmp_path / 'usage.csv'}{message}" in str(refused.value)


@pytest.mark.parametrize(
    ("before", "line"), [("", 1), ("month,target,metric,value\n2026-10,pay,m,1\n2026-10,pay,m,", 3)]
)
def test_a_cell_too_long_for_csv_is_told_with_its_line(
    before: str, line: int, tmp_path: Path, registry: Registry
) -> None:
    (tmp_path / "usage.csv").write_text(before + "1" * 2_000 + "\n")
    usual = csv.field_size_limit(1_000)
    try:
        with pytest.raises(InputError) as refused:
            load(tmp_path, registry, split("method: usage, file: usage.csv, metric: m"))
    finally:
        csv.field_size_limit(usual)
    assert f"usage.csv:{line}: can't be read as CSV here (field larger" in str(refused.value)


def test_a_policy_may_send_to_the_pools_that_a_split_divides_or_that_have_none_by_nature(
    tmp_path: Path, registry: Registry
) -> None:
    text = "policies: {tax: 'shared:tax', support: 'shared:tax', credits: 'shared:adjustment'}\n"
    found = load(tmp_path, registry, text + split("method: even, targets: [search]"))
    assert [rule.to.account for rule in found.rules] == ["shared:adjustment", "shared:tax", "shared:tax"]


PUBLISHERS = {
    "Amazon Web Services, Inc.": False, "AMAZON.COM": False, "aws": False, "microsoft corporation": False, "Google": False,
    "AWSome Ltd": True, "Amazonia": True, "Oracles of Delphi": True, "Third Eye": True, None: False,
}  # fmt: skip


def test_the_providers_own_publishers_sell_nothing_through_a_marketplace(
    tmp_path: Path, registry: Registry
) -> None:
    (rule,) = load(tmp_path, registry, "policies: {marketplace: 'owner:pay'}\n").rules
    assert {name: rule.when.holds({"PublisherName": name}) for name in PUBLISHERS} == PUBLISHERS


def test_another_usage_file_is_another_version_of_the_rules(tmp_path: Path, registry: Registry) -> None:
    text = split("method: usage, file: usage.csv, metric: requests")
    one = load(tmp_path, registry, text).content_hash
    assert load(tmp_path, registry, text).content_hash == one
    (tmp_path / "usage.csv").write_text(USAGE + "2026-10,search,requests,0.5\n")
    assert load(tmp_path, registry, text).content_hash != one


def test_a_pool_has_one_split_at_a_time(tmp_path: Path, registry: Registry) -> None:
    text = split("method: even, to_period: 2026-04")
    text += " - {id: t, source: 'shared:tax', method: even, from: 2026-05, to_period: 2026-06}\n"
    found = load(tmp_path, registry, text)
    assert [[s.id for s in found.splits_in(f"2026-0{m}")] for m in (4, 5, 6, 7)] == [["s"], ["t"], ["t"], []]
    assert (found.pools("2026-06"), found.pools("2026-07")) == ({"shared:tax"}, frozenset())


def test_a_circle_that_no_month_sees_is_none(tmp_path: Path, registry: Registry) -> None:
    text = split("method: even, targets: ['shared:fee'], to_period: 2026-04")
    text += " - {id: t, source: 'shared:fee', method: even, targets: ['shared:tax'], from: 2026-05}\n"
    text += " - {id: u, source: 'shared:tax', method: even, from: 2026-05}\n"
    text += " - {id: v, source: 'shared:fee', method: even, to_period: 2026-04}\n"
    assert len(load(tmp_path, registry, text).splits) == 4


def test_the_months_that_weigh_are_known(tmp_path: Path, registry: Registry) -> None:
    text = split("method: proportional, window: previous_month")
    text += " - {id: t, source: 'shared:fee', method: proportional, window: 2026-03-15}\n"
    text += " - {id: u, source: 'shared:support', method: usage, file: usage.csv, metric: requests}\n"
    assert load(tmp_path, registry, text).read_periods("2026-01") == {"2025-12", "2026-03"}


def test_columns_that_only_a_split_reads_are_rolled_up_by(tmp_path: Path, registry: Registry) -> None:
    text = split("method: proportional, of: {SkuId: x}, within: [RegionId]")
    assert load(tmp_path, registry, text).columns == ("SkuId",)


def test_the_schema_takes_what_the_loader_takes(tmp_path: Path, registry: Registry) -> None:
    text = (
        split(
            "method: proportional, of: {not: {SkuId: x}}, window: 2026-03, min_share: {pay: 5}, when_zero: {to: pay}"
        )
        + " - {id: t, when: {SkuId: y}, method: tiers, currency: USD, tiers: [{up_to: 5.5, method: even}, {method: even}]}\n"
        + "policies: {support: 'owner:pay'}\nsharing: reciprocal\n"
    )
    load(tmp_path, registry, text)
    jsonschema.validate(yaml.safe_load(text.replace("2026-03", "'2026-03'")), allocation_schema())
