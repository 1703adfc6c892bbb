"""allocation.yaml: rules, conditions, splits, and what is refused where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
import yaml

from recon.allocation import EMPTY, Allocation, Target, allocation_schema, load_allocation
from recon.errors import InputError
from recon.registry import Registry, load_registry

REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center:
    values: {list: [payments, search, platform]}
    value_aliases: {payments: [pay]}
  environment: {values: {list: [prod, test]}, value_aliases: {prod: [production]}}
  team: {deprecated: {replaced_by: cost-center}}
  project:
  contact: {sensitivity: personal, values: {list: [vera]}}
  unlock: {sensitivity: secret}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path: Path = tmp_path_factory.mktemp("registry") / "registry.yaml"
    path.write_text(REGISTRY)
    return load_registry(path)


def load(tmp_path: Path, registry: Registry, text: str) -> Allocation:
    path = tmp_path / "allocation.yaml"
    path.write_text(text, encoding="utf-8")
    return load_allocation(path, registry)


def refusal(tmp_path: Path, registry: Registry, text: str) -> str:
    with pytest.raises(InputError) as refused:
        load(tmp_path, registry, text)
    return str(refused.value).replace(str(tmp_path / "allocation.yaml"), "F")


def one_rule(when: str, to: str = "'shared:network'") -> str:
    return f"rules:\n - id: r\n   to: {to}\n   when: {when}\n"


def one_split(line: str) -> str:
    return f"splits:\n - {{id: s, source: 'shared:tax', {line}}}\n"


ROW = {
    "ServiceName": "Amazon RDS",
    "RegionId": None,
    "SubAccountId": "007",
    "x_Class": "usage",
    "tag:environment": "prod",
    "x_ChargeDate": "2026-10-05",
    "x_ProviderId": "aws",
    "ChargeCategory": "Usage",
}
CONDITIONS = [
    ("{ServiceName: Amazon RDS}", True),
    ("{ServiceName: amazon rds}", False),
    ("{ServiceName: [Amazon EC2, Amazon RDS]}", True),
    ("{ServiceName: {equals: Amazon RDS}}", True),
    ("{ServiceName: {in: [x, Amazon RDS]}}", True),
    ("{ServiceName: {prefix: Amazon}}", True),
    ("{ServiceName: {prefix: [x, Am]}}", True),
    ("{ServiceName: {suffix: RDS}}", True),
    ("{ServiceName: {contains: zon}}", True),
    ("{ServiceName: {contains: EC2}}", False),
    ("{ServiceName: {matches: 'Amazon (RDS|EC2)'}}", True),
    ("{ServiceName: {matches: Amazon}}", False),
    ("{ServiceName: {prefix: Amazon, suffix: EC2}}", False),
    ("{SubAccountId: 007}", True),
    ("{RegionId: {present: false}}", True),
    ("{RegionId: {present: true}}", False),
    ("{ServiceName: {present: yes}}", True),
    ("{RegionId: eu-west-1}", False),
    ("{not: {RegionId: eu-west-1}}", True),
    ("{not: {SubAccountId: 007}}", False),
    ("{ServiceName: Amazon RDS, x_Class: usage}", True),
    ("{ServiceName: Amazon RDS, x_Class: tax}", False),
    ("{any: [{x_Class: tax}, {x_Class: usage}]}", True),
    ("{any: []}", False),
    ("{all: []}", True),
    ("{all: [{x_Class: usage}, {not: {any: [{x_Class: tax}]}}]}", True),
    ("{any: [{x_Class: usage}], ServiceName: other}", False),
    ("{'tag:environment': prod}", True),
    ("{tag:environment: PRODUCTION}", True),
    ("{tag:environment: [test]}", False),
    ("{tag:environment: {present: true}}", True),
    ("{tag:project: {present: true}}", False),
    ("{tag:contact: {absent: true}}", True),
    ("{x_ChargeDate: 2026-10-05}", True),
    ("{x_ChargeDate: {from: 2026-10-05, to: 2026-10-05}}", True),
    ("{x_ProviderId: {equals: AWS, ignore_case: true}}", True),
    ("{ChargeCategory: {prefix: us, ignore_case: true}}", True),
    ("{ChargeCategory: {matches: Us.+|Tax}}", True),
]


@pytest.mark.parametrize(("when", "holds"), CONDITIONS)
def test_a_condition_holds_or_does_not(tmp_path: Path, registry: Registry, when: str, holds: bool) -> None:
    assert load(tmp_path, registry, one_rule(when)).rules[0].when.holds(ROW) is holds


TARGETS = [
    ("'owner:payments'", Target("owner", "payments"), "owner:payments"),
    ("'owner:Pay'", Target("owner", "payments"), "owner:payments"),
    ("'shared:network'", Target("shared", "network"), "shared:network"),
    ("{tag: project}", Target("tag", "project"), None),
]


@pytest.mark.parametrize(("written", "target", "account"), TARGETS)
def test_a_rule_names_where_the_charge_goes(
    tmp_path: Path, registry: Registry, written: str, target: Target, account: str | None
) -> None:
    rule = load(tmp_path, registry, one_rule("{x_Class: tax}", written)).rules[0]
    assert (rule.to, rule.to.account) == (target, account)


def test_a_rule_is_in_force_from_its_first_to_its_last_period(tmp_path: Path, registry: Registry) -> None:
    text = one_rule("{all: []}") + "   from: 2026-08\n   to_period: 2026-10\n"
    rule = load(tmp_path, registry, text).rules[0]
    assert [rule.in_force(f"2026-{m}") for m in ("07", "08", "10", "11")] == [False, True, True, False]


def test_a_rule_without_periods_always_holds(tmp_path: Path, registry: Registry) -> None:
    assert load(tmp_path, registry, one_rule("{all: []}")).rules[0].in_force("1999-01")


def test_columns_beyond_the_grain_are_told_and_tags_apart_from_them(
    tmp_path: Path, registry: Registry
) -> None:
    when = "{any: [{SkuId: x}, {not: {RegionName: y}}], ServiceName: z, x_Class: tax, tag:environment: prod}"
    allocation = load(tmp_path, registry, one_rule(when, "{tag: project}"))
    assert allocation.columns == ("RegionName", "SkuId")
    assert allocation.tag_keys == ("environment", "project")


def test_nothing_configured_allocates_nothing() -> None:
    assert (EMPTY.rules, EMPTY.splits, EMPTY.columns) == ((), (), ())


def test_a_split_defaults_to_all_owners_by_effective_cost(tmp_path: Path, registry: Registry) -> None:
    split = load(tmp_path, registry, one_split("method: proportional")).splits[0]
    assert (split.targets, split.cost, split.when_zero.kind) == (None, "EffectiveCost", "unallocated")


def test_percentages_are_exact_and_owners_canonical(tmp_path: Path, registry: Registry) -> None:
    line = "method: fixed, targets: {Pay: 33.333333333333333333, search: 66.666666666666666667%}"
    split = load(tmp_path, registry, one_split(line)).splits[0]
    assert split.percents == (
        ("owner:payments", Decimal("33.333333333333333333")),
        ("owner:search", Decimal("66.666666666666666667")),
    )
    assert split.targets == ("owner:payments", "owner:search")


def test_a_remainder_may_take_what_the_percentages_leave(tmp_path: Path, registry: Registry) -> None:
    line = "method: fixed, targets: {payments: 30}, remainder_to: 'owner:search'"
    assert load(tmp_path, registry, one_split(line)).splits[0].remainder_to == "owner:search"


def test_splits_are_ordered_so_that_a_pool_is_full_before_it_is_divided(
    tmp_path: Path, registry: Registry
) -> None:
    text = (
        "splits:\n"
        " - {id: last, source: 'shared:support', method: even}\n"
        " - {id: first, source: 'shared:tax', method: even, targets: [search, 'shared:fee']}\n"
        " - {id: middle, source: 'shared:fee', method: fixed, targets: {search: 1},\n"
        "    remainder_to: 'shared:support'}\n"
    )
    order = [s.id for s in load(tmp_path, registry, text).splits]
    assert order.index("first") < order.index("middle") < order.index("last")


RULES_REFUSED = [
    ("rules: [{id: r, to: 'owner:search'}]\n", 'F:1: "when" is missing in rules[0]'),
    (
        "rules: [{idd: r}]\n",
        'unknown key "idd" in rules[0]; allowed: id, when, to, from, to_period. Did you mean "id"?',
    ),
    (
        "rules: [{id: 'a b', when: {x_Class: tax}, to: 'owner:search'}]\n",
        "F:1: rules[0].id: a name of 1 to 64",
    ),
    (one_rule("{x_Class: tax}") + one_rule("{x_Class: fee}")[7:], 'F:5: the id "r" is taken (line 2)'),
    (one_rule("{}"), "F:4: an empty condition; write `all: []`"),
    (one_rule("x"), "F:4: rules[0].when: a mapping"),
    (one_rule("{all: {x_Class: tax}}"), "F:4: `all` needs a list of conditions"),
    (one_rule("{not: x}"), "F:4: a mapping of columns to values is needed"),
    (one_rule("{ServiceNam: x}"), 'F:4: unknown column "ServiceNam"; allowed: '),
    (one_rule("{servicename: x}"), 'Did you mean "ServiceName"?'),
    (one_rule("{x_Clas: tax}"), 'Did you mean "x_Class"?'),
    (one_rule("{x_Class: taxes}"), 'F:4: unknown charge class "taxes"; allowed: usage, tax'),
    (one_rule("{BilledCost: 3}"), "F:4: BilledCost holds no text"),
    (one_rule("{ChargePeriodStart: x}"), "F:4: ChargePeriodStart holds no text"),
    (one_rule("{Tags: x}"), "F:4: Tags is not compared as a whole; write `tag:<key>`"),
    (
        one_rule("{tag:enviroment: prod}"),
        'F:4: unknown registry key "enviroment"; allowed: cost-center, environment',
    ),
    (one_rule("{tag:team: x}"), 'F:4: the key "team" is deprecated; name "cost-center" instead'),
    (one_rule("{tag:environment: prd}"), '"prd" is no value of the key "environment". Did you mean "prod"?'),
    (one_rule("{ServiceName: {prefx: x}}"), 'F:4: unknown test "prefx"; allowed: equals, in, prefix'),
    (one_rule("{ServiceName: {}}"), "F:4: a test is needed"),
    (one_rule("{ServiceName: }"), "F:4: `ServiceName` needs a text or a list of texts"),
    (one_rule("{ServiceName: []}"), "F:4: `ServiceName` needs a text"),
    (one_rule("{ServiceName: {matches: '('}}"), 'F:4: "(" is not a regular expression'),
    (one_rule("{x_ChargeDate: 2026-10-5}"), 'F:4: "2026-10-5" is no day; write it as YYYY-MM-DD'),
    (one_rule("{x_ChargeDate: [2026-10-05, 2026-02-30]}"), 'F:4: "2026-02-30" is no day'),
    (one_rule("{x_ChargeDate: {from: 2026-10-3}}"), 'F:4: "2026-10-3" is no day'),
    (one_rule("{x_ChargeDate: {to: 2026-10-٠٣}}"), "is no day; write it as YYYY-MM-DD, such as 2026-10-05"),
    (
        one_rule("{x_ChargeDate: {from: 2026-10-09, to: 2026-10-03}}"),
        "F:4: `to` lies before `from`; swap the days",
    ),
    (one_rule("{x_ProviderId: AWS}"), 'F:4: no provider id fits "AWS", ids are in lower case; write "aws"'),
    (one_rule("{x_ProviderId: [aws, Amazon Web Services]}"), 'write "aws"'),
    (one_rule("{x_ProviderId: {prefix: A}}"), 'no provider id fits "A"'),
    (
        one_rule("{ChargeCategory: usage}"),
        'F:4: unknown ChargeCategory "usage"; allowed: Usage, Purchase, Tax,',
    ),
    (one_rule("{ChargeCategory: {in: [Usage, tax]}}"), 'F:4: unknown ChargeCategory "tax"'),
    (one_rule("{ChargeClass: correction}"), 'allowed: Correction. Did you mean "Correction"?'),
    (
        one_rule("{ServiceName: ''}"),
        "F:4: `ServiceName` is compared with a blank text; write one, or `absent: true`",
    ),
    (one_rule("{ServiceName: [a, ' ']}"), "F:4: `ServiceName` is compared with a blank text"),
    *((one_rule(f"{{ServiceName: {{{t}: ''}}}}"), "a blank text") for t in ("prefix", "suffix", "contains")),
    (
        one_rule("{tag:contact: vera}"),
        'F:4: values of the key "contact" are personal and masked, so no text ever fits; test it with `present`',
    ),
    (one_rule("{tag:contact: {prefix: ve}}"), "are personal and masked"),
    (one_rule("{not: {tag:unlock: {matches: '.*'}}}"), 'values of the key "unlock" are secret and masked'),
    (one_rule("{ServiceName: {present: maybe}}"), "F:4: `present` is true or false"),
    (one_rule("\n    any:\n     - {RegionId: x}\n     - {RegionIdd: x}"), 'F:7: unknown column "RegionIdd"'),
    (
        one_rule("{x_Class: tax}", "search"),
        "F:3: rules[0].to: `owner:<value>`, `shared:<pool>` or {tag: <key>}",
    ),
    (one_rule("{x_Class: tax}", "'owner:'"), "F:3: rules[0].to"),
    (
        one_rule("{x_Class: tax}", "'owner:serch'"),
        'F:3: "serch" is no value of the key "cost-center". Did you mean',
    ),
    (one_rule("{x_Class: tax}", "{tag: projct}"), 'F:3: unknown registry key "projct"'),
    (one_rule("{x_Class: tax}", "{tg: project}"), 'Did you mean "tag"?'),
    (
        one_rule("{x_Class: tax}") + "   from: 2026-13\n",
        "F:5: rules[0].from: a billing period is needed, as YYYY-MM",
    ),
    (
        one_rule("{x_Class: tax}") + "   from: 2026-02\n   to_period: 2026-01\n",
        "F:6: to_period lies before from",
    ),
]
SPLITS_REFUSED = [
    (one_split("methd: even"), 'F:2: "method" is missing in splits[0]'),
    (
        one_split("method: evn"),
        'unknown value "evn"; allowed: even, fixed, proportional, amount, usage, weights, tiers. Did you mean "even"?',
    ),
    (
        "splits: [{id: s, source: tax, method: even}]\n",
        "F:1: splits[0].source: a pool is needed, as shared:<pool>",
    ),
    ("splits: [{id: s, source: 'shared:suport', method: even}]\n", 'F:1: unknown pool "shared:suport"'),
    ("splits: [{id: s, source: 'shared:suport', method: even}]\n", 'Did you mean "shared:support"?'),
    (one_split("method: fixed"), "F:2: the method fixed needs `owner: percent` lines"),
    (
        one_split("method: even, targets: {search: 100}"),
        "F:2: the method even needs `all` or a list of names",
    ),
    (one_split("method: even, targets: []"), "F:2: no target is written"),
    (one_split("method: even, targets: al"), 'F:2: splits[0].targets: unknown value "al"; allowed: all'),
    (
        one_split("method: even, targets: [serch]"),
        '"serch" is no value of the key "cost-center". Did you mean "search"?',
    ),
    (one_split("method: even, targets: [payments, pay]"), 'F:2: "pay" is a target twice'),
    (
        one_split("method: fixed, targets: {search: 99.99}"),
        "F:2: the percentages make 99.99; make them 100, or name",
    ),
    (
        one_split("method: fixed, targets: {search: 60, payments: 41}"),
        "F:2: the percentages make 101; make them 100",
    ),
    (
        one_split("method: fixed, targets: {search: lots}"),
        "F:2: splits[0].targets.search: a percentage is needed",
    ),
    (one_split("method: fixed, targets: {search: -1}"), "a percentage above 0, up to 100, is needed"),
    (one_split("method: fixed, targets: {search: nan}"), "a percentage is needed"),
    (one_split("method: even, remainder_to: search"), "F:2: the method even leaves no remainder"),
    (one_split("method: even, when_zero: never"), 'unknown value "never"; allowed: even, unallocated'),
    (
        one_split("method: even") + " - {id: t, source: 'shared:tax', method: even}\n",
        'F:3: "shared:tax" is already divided by the split on line 2',
    ),
    (
        one_split("method: even") + " - {id: s, source: 'shared:fee', method: even}\n",
        'F:3: the id "s" is taken (line 2)',
    ),
    (
        one_split("method: even, targets: ['shared:tax']"),
        "F:2: splits pay each other in a circle: shared:tax → shared:tax",
    ),
    (
        one_split("method: even, targets: ['shared:fee']")
        + " - {id: t, source: 'shared:fee', method: even, targets: ['shared:tax']}\n",
        "F:3: splits pay each other in a circle: shared:fee → shared:tax → shared:fee",
    ),
]


@pytest.mark.parametrize(("text", "message"), RULES_REFUSED + SPLITS_REFUSED)
def test_what_is_wrong_is_told_with_its_line(
    tmp_path: Path, registry: Registry, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, registry, text)


def test_a_circle_names_the_pools_in_the_direction_of_the_money(tmp_path: Path, registry: Registry) -> None:
    text = "splits:\n" + "".join(
        f" - {{id: s{i}, source: 'shared:{a}', method: even, targets: ['shared:{b}']}}\n"
        for i, (a, b) in enumerate([("tax", "credit"), ("credit", "support"), ("support", "tax")])
    )
    told = refusal(tmp_path, registry, text)
    assert "shared:credit → shared:support → shared:tax → shared:credit" in told


def test_all_mistakes_are_told_at_once_in_line_order(tmp_path: Path, registry: Registry) -> None:
    text = one_rule("{ServiceNam: x}", "'owner:nobody'") + one_split("method: fixed, targets: {search: 1}")
    assert [line.split(":")[1] for line in refusal(tmp_path, registry, text).splitlines()] == ["3", "4", "6"]


def test_the_content_hash_follows_what_is_written(tmp_path: Path, registry: Registry) -> None:
    one, same, other = (
        load(tmp_path, registry, one_rule(when)).content_hash
        for when in ("{x_Class: tax}", "{'x_Class': 'tax'}", "{x_Class: fee}")
    )
    assert one == same != other


def test_the_schema_is_valid_and_takes_what_the_loader_takes(tmp_path: Path, registry: Registry) -> None:
    jsonschema.Draft202012Validator.check_schema(allocation_schema())
    text = one_rule("{any: [{ServiceName: {prefix: A}}, {not: {tag:environment: [prod, test]}}]}")
    text += one_split("method: fixed, targets: {search: 60.5, payments: 39.5}")
    load(tmp_path, registry, text)
    jsonschema.validate(yaml.safe_load(text), allocation_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(one_rule("{ServiceName: {prefx: A}}")), allocation_schema())
