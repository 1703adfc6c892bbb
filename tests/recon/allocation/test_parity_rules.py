"""Do our rules do what AWS Cost Categories, Vantage, CloudZero, Finout and Cloudability document of theirs?

The cases stand in rule_cases.yaml; here they are judged by the code that judges charges.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from recon.allocation import Allocation, load_allocation
from recon.errors import InputError
from recon.ledger.owners import accounts_of
from recon.registry import Registry, load_registry

CASES: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "rule_cases.yaml").read_text("utf-8"), yaml.BaseLoader
)
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {values: {list: [payments, search, platform]}, value_aliases: {payments: [pay]}}
  environment: {values: {list: [prod, test]}, value_aliases: {prod: [production]}}
  app:
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    path: Path = tmp_path_factory.mktemp("registry") / "registry.yaml"
    path.write_text(REGISTRY)
    return load_registry(path)


def load(folder: Path, registry: Registry, written: Any) -> Allocation:
    path = folder / "allocation.yaml"
    path.write_text(written if isinstance(written, str) else yaml.safe_dump(written), encoding="utf-8")
    return load_allocation(path, registry)


def judged(allocation: Allocation, charge: dict[str, str]) -> dict[str, Any]:
    """One charge as rules read it → what it comes to."""
    period = charge.get("period", "2026-10")
    row = {
        **dict.fromkeys(allocation.named()),
        "class": charge.get("x_Class", "usage"),
        "verdict": "untagged",
        "rung": None,
        "resolved": charge.get("resolved"),
        **{name: charge.get(name) for name in allocation.named()},
    }
    cases = pl.DataFrame([row], schema=dict.fromkeys(row, pl.String), strict=False)
    computed = [name for name in row if name == "owner" or name.startswith("dimension:")]
    found = accounts_of(cases.drop(computed), allocation, period, frozenset())
    assert found.height == 1
    return found.row(0, named=True)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["feature"][:90]) for case in CASES])
def test_a_documented_feature_gives_what_is_documented(
    tmp_path: Path, registry: Registry, case: dict[str, Any]
) -> None:
    allocation = load(tmp_path, registry, case["rules"])
    assert case["charges"]
    for charge in case["charges"]:
        word, column = ("account", "account") if "account" in charge else ("team", "dimension:team")
        expected = None if charge[word] == "null" else charge[word]
        assert judged(allocation, charge)[column] == expected, charge


REFUSED = [
    (
        "dimensions:\n  b: {rules: [{id: r, when: {'dimension:a': x}, value: y}]}\n"
        "  a: {rules: [{id: r, when: {'dimension:c': x}, value: y}]}\n"
        "  c: {rules: [{id: r, when: {all: []}, value: {inherit: 'dimension:b'}}]}\n",
        "F:3: dimensions read each other in a circle: dimension:a → dimension:c → dimension:b → dimension:a",
    ),
    (
        "rules: [{id: r, when: {'dimension:a': x}, to: 'owner:search'}]\n"
        "dimensions:\n  a: {rules: [{id: r, when: {owner: search}, value: y}]}\n",
        "F:3: dimensions read each other in a circle: dimension:a → owner → dimension:a",
    ),
    (
        "dimensions:\n  a: {default: x}\n  a: {default: y}\n",
        'F:3: the key "a" stands here twice (first on line 2); keep one',
    ),
    (
        "dimensions:\n  a:\n    rules:\n    - {id: r, when: {all: []}, value: x}\n"
        "    - {id: r, when: {all: []}, value: y}\n",
        'F:5: the id "r" is taken (line 4); choose another',
    ),
    (
        "dimensions:\n  a: {rules: [{id: r, when: {'dimension:bb': x}, value: y}]}\n  b: {default: x}\n",
        'F:2: unknown dimension "bb"; allowed: a, b.',
    ),
    ("dimensions: {owner: {default: x}}\n", "F:1: the owner is no dimension; write its rules under `rules`"),
    ("dimensions: {'a b': {default: x}}\n", "a name of 1 to 64 letters"),
    ("dimensions: {a: {defalt: x}}\n", 'unknown key "defalt" in dimensions.a; allowed: rules, default. Did you mean'),
    (
        "rules: [{id: r, when: {owner: search}, to: 'owner:search'}]\n",
        "F:1: the owner is what is worked out here; only a dimension can read it",
    ),
    (
        "rules: [{id: r, when: {all: []}, to: {inherit: foldr}}]\n",
        'F:1: unknown source to inherit from "foldr"; allowed: account_name, folder, resource_group, tag:cost-center',
    ),
    (
        "rules: [{id: r, when: {all: []}, to: {inherit: folder, transform: uper}}]\n",
        'unknown value "uper"; allowed: lower, slug.',
    ),
    ("rules: [{id: r, when: {all: []}, to: {inherit: 'tag:ap'}}]\n", 'F:1: unknown registry key "ap"'),
    ("rules: [{id: default, when: {all: []}, to: 'owner:search'}]\n", 'F:1: the id "default" is kept for `default`'),
    ("default: 'shared:rest'\n", 'F:1: no split divides "shared:rest"; add one with this `source`'),
    ("default: 'owner:serch'\n", 'F:1: "serch" is no value of the key "cost-center". Did you mean "search"?'),
    (
        "rules: [{id: r, when: {x_ChargeDate: {from: 2026-13-01}}, to: 'owner:search'}]\n",
        'F:1: "2026-13-01" is no day; write it as YYYY-MM-DD',
    ),
    (
        "rules: [{id: r, when: {x_ChargeDate: {prefix: 2026}}, to: 'owner:search'}]\n",
        'F:1: unknown test "prefix"; allowed: equals, in, from, to.',
    ),
    (
        "rules: [{id: r, when: {ServiceName: {from: a}}, to: 'owner:search'}]\n",
        'F:1: unknown test "from"; allowed: equals, in, prefix',
    ),
    (
        "rules: [{id: r, when: {ServiceName: {ignore_case: true}}, to: 'owner:search'}]\n",
        "F:1: a test is needed; allowed: equals, in",
    ),
    (
        "rules: [{id: r, when: {ServiceName: {absent: perhaps}}, to: 'owner:search'}]\n",
        "F:1: `absent` is true or false",
    ),
    (
        "dimensions: {a: {rules: [{id: r, when: {all: []}, value: x, from: 2026-02, to_period: 2026-01}]}}\n",
        "F:1: to_period lies before from; swap the periods",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_can_not_be_worked_out_is_refused_at_its_line(
    tmp_path: Path, registry: Registry, text: str, message: str
) -> None:
    with pytest.raises(InputError) as refused:
        load(tmp_path, registry, text)
    assert message in str(refused.value).replace(str(tmp_path / "allocation.yaml"), "F")


def test_dimensions_are_put_in_the_order_in_which_they_are_read(tmp_path: Path, registry: Registry) -> None:
    written = {
        "rules": [{"id": "r", "when": {"dimension:z": "x"}, "to": "owner:search"}],
        "dimensions": {
            "a": {"rules": [{"id": "r", "when": {"owner": "search"}, "value": "y"}]},
            "z": {"rules": [{"id": "r", "when": {"dimension:m": "x"}, "value": "x"}]},
            "m": {"default": "x"},
        },
    }
    order = load(tmp_path, registry, written).order
    assert order == ("dimension:m", "dimension:z", "owner", "dimension:a")


def test_what_dimensions_name_beyond_the_grain_re_rolls_charges(tmp_path: Path, registry: Registry) -> None:
    rules = [
        {"id": "a", "when": {"SkuId": "x", "dimension:b": "z"}, "value": {"inherit": "account_name"}},
        {"id": "b", "when": {"owner": "search", "tag:app": "x"}, "value": {"inherit": "resource_group"}},
        {"id": "c", "when": {"account:folder": "x", "x_ChargeDate": "2026-10-01"}, "value": {"inherit": "tag:environment"}},
    ]  # fmt: skip
    allocation = load(tmp_path, registry, {"dimensions": {"a": {"rules": rules}, "b": {"default": "z"}}})
    assert allocation.columns == ("SkuId", "SubAccountName", "x_ResourceGroupName")
    assert allocation.tag_keys == ("app", "environment")


def test_the_signature_follows_what_dimensions_say(tmp_path: Path, registry: Registry) -> None:
    one, other = (
        load(tmp_path, registry, {"dimensions": {"a": {"default": text}}}).signature for text in ("x", "y")
    )
    assert one != other
