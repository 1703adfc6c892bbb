"""registry.yaml: the smallest that works, and every contradiction with its line."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from recon.errors import InputError
from recon.registry import Registry, load_registry, registry_schema

SMALLEST = """\
version: 1
owner: cost-center
keys:
  cost-center:
    required: true
    aliases: [CostCenter]
    spelling: {gcp: cost_center}
    values: {list: [payments, search, platform]}
  environment:
    required: true
    values: {list: [prod, test, dev]}
    value_aliases: {prod: [production, PRD], dev: [development]}
"""


def load(tmp_path: Path, text: str) -> Registry:
    path = tmp_path / "registry.yaml"
    path.write_text(text, encoding="utf-8")
    return load_registry(path)


def refusal(tmp_path: Path, text: str) -> str:
    with pytest.raises(InputError) as refused:
        load(tmp_path, text)
    return str(refused.value).replace(str(tmp_path) + "/", "")


def keyed(*lines: str, owner: str = "a") -> str:
    """A registry whose first key stands on line 4."""
    return f"version: 1\nowner: {owner}\nkeys:\n" + "\n".join(f"  {line}" for line in lines) + "\n"


def test_the_smallest_registry_works(tmp_path: Path) -> None:
    registry = load(tmp_path, SMALLEST)
    assert (registry.version, registry.owner, list(registry.keys)) == (
        "1",
        "cost-center",
        ["cost-center", "environment"],
    )
    assert registry.keys["cost-center"].inherit == ("resource-group", "sub-account")
    assert registry.values("environment") == ["prod", "test", "dev"]


def test_values_that_yaml_would_turn_into_something_else_stay_text(tmp_path: Path) -> None:
    registry = load(
        tmp_path, keyed("a: {values: {list: [on, no, 007, 2026-01-01, 1e3, ~x]}, aliases: [yes, 010]}")
    )
    assert registry.values("a") == ["on", "no", "007", "2026-01-01", "1e3", "~x"]
    assert registry.keys["a"].aliases == ("yes", "010")


@pytest.mark.parametrize(
    ("written", "scopes"),
    [("true", 1), ("yes", 1), ("false", 0), ("{provider: aws}", 1), ("[{provider: aws}, {region: eu-*}]", 2)],
)
def test_required_is_a_word_a_scope_or_several(tmp_path: Path, written: str, scopes: int) -> None:
    assert len(load(tmp_path, keyed(f"a: {{required: {written}}}")).keys["a"].required) == scopes


def test_a_condition_may_stand_beside_the_place(tmp_path: Path) -> None:
    text = keyed("a: {required: {providers: [AWS], env: PROD}}", "env: {values: {list: [prod]}}")
    scope = load(tmp_path, text).keys["a"].required[0]
    assert (scope.provider, scope.where) == (("aws",), {"env": ("prod",)})


def test_a_values_file_is_read_beside_the_registry(tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_text(
        "name,value,alias,retired\nPay,payments,pay,\nPay,payments,PMT,\n,old,,2026-01-01\n"
    )
    registry = load(tmp_path, keyed("a: {values: {file: owners.csv}}"))
    assert registry.values("a") == ["payments", "old"]
    assert [registry.canonical("a", alias) for alias in ("pay", "pmt")] == ["payments", "payments"]


@pytest.mark.parametrize("text", ["owner;x\npayments;1\n", "owner\npayments\n", "\ufeffvalue\npayments\n"])
def test_without_a_value_column_the_first_one_counts(tmp_path: Path, text: str) -> None:
    (tmp_path / "owners.csv").write_text(text, encoding="utf-8")
    assert load(tmp_path, keyed("a: {values: {file: owners.csv}}")).values("a") == ["payments"]


FILES = [
    ("value\n", "owners.csv: lists no value"),
    ("value,retired\nx,soon\n", 'owners.csv:2: column "retired": a day is needed'),
    ("value\nx\ny,z\n", "owners.csv:3: 2 cells under 1 columns"),
    ("value\nx\nX\n", 'owners.csv:3: "X" means "X" here and "x" on line 2'),
    ("value,alias\nx,q\ny,Q\n", 'owners.csv:3: "Q" means "y" here and "x" on line 2'),
    ('value\n"x\n', "owners.csv:2: not valid CSV"),
    ("value,alias\n,q\n", 'owners.csv:2: column "value"'),
]


@pytest.mark.parametrize(("text", "message"), FILES)
def test_a_bad_values_file_is_told_by_its_own_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "owners.csv").write_text(text)
    assert message in refusal(tmp_path, keyed("a: {values: {file: owners.csv}}"))


def test_a_values_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    (tmp_path / "owners.csv").write_bytes(b"value\n\xe4\n")
    assert "owners.csv: is not UTF-8" in refusal(tmp_path, keyed("a: {values: {file: owners.csv}}"))


ENV = "e: {values: {list: [prod, test]}}"
REFUSED = [
    (keyed("a:", owner="aa"), 'registry.yaml:2: unknown owner key "aa"; allowed: a. Did you mean "a"?'),
    (keyed("a: {deprecated: {replaced_by: b}}", "b:"), 'registry.yaml:2: the owner key "a" is deprecated'),
    ("owner: a\nkeys: {a: {}}\n", '"version" is missing'),
    ("version: 1\nowner: a\nkeys: {}\n", "registry.yaml:3: keys"),
    (
        keyed("a: {severity: hi}"),
        'registry.yaml:4: keys.a.severity: unknown value "hi"; allowed: high, medium, low',
    ),
    (keyed("a: {severity: hi}"), 'Did you mean "high"?'),
    (keyed("a: {requird: true}"), 'registry.yaml:4: unknown key "requird" in keys.a'),
    (keyed("a: {requird: true}"), 'Did you mean "required"?'),
    (keyed("a: {required: maybe}"), "registry.yaml:4: keys.a.required: true, false, a scope"),
    (keyed("a: {required: }"), "registry.yaml:4: keys.a.required: true, false, a scope"),
    (keyed("a: {inherit: [folder]}"), 'unknown value "folder"; allowed: resource-group, sub-account'),
    (
        keyed("a: {values: {list: [x], pattern: y}}"),
        "registry.yaml:4: keys.a.values: exactly one of list, pattern, file",
    ),
    (keyed("a: {values: {}}"), "exactly one of list, pattern, file"),
    (keyed("a: {values: {list: []}}"), "registry.yaml:4: keys.a.values.list"),
    (keyed("a: {values: {lst: [x]}}"), 'Did you mean "list"?'),
    (
        keyed("a:", "  values:", "    list:", "     - x", "     -"),
        "registry.yaml:8: keys.a.values.list[1]: text is needed",
    ),
    (keyed("a: {values: {list: [' ']}}"), "a blank counts as absent"),
    (keyed("a: {values: {list: [{value: x, retird: 2026-01-01}]}}"), 'Did you mean "retired"?'),
    (
        keyed("a: {values: {list: [{value: x, from: 2026-02-01, to: 2026-01-01}]}}"),
        "the last day lies before the first",
    ),
    (
        keyed("a: {values: {pattern: '('}}"),
        "registry.yaml:4: keys.a.values.pattern: not a regular expression",
    ),
    (keyed("a: {values: {file: none.csv}}"), "registry.yaml:4: values file"),
    (
        keyed("a:", "  values:", "    list: [x,", "     y, X]"),
        'registry.yaml:7: "X" means "X" here and "x" on line 6',
    ),
    (
        keyed("a: {values: {list: [x, y]}, value_aliases: {x: [q], y: [Q]}}"),
        '"Q" means "y" here and "x" on line 4',
    ),
    (keyed("a: {values: {list: [x, y]}, value_aliases: {x: [Y]}}"), '"Y" means "x" here and "y" on line 4'),
    (
        keyed("a: {values: {list: [prod]}, value_aliases: {prd: [q]}}"),
        'unknown value of "a" "prd"; allowed: prod. Did you mean "prod"?',
    ),
    (keyed("a: {values: {pattern: 'C[0-9]'}, value_aliases: {X1: [q]}}"), '"X1" does not match the pattern'),
    (
        keyed("a: {values: {list: [prod]}, default: prd}"),
        'the default "prd" is no valid value of "a"; use one that is. Did you mean "prod"?',
    ),
    (keyed(f"a: {{values: {{list: [{'x' * 257}]}}}}"), "no provider carries more than 256"),
    (
        keyed("a: {spelling: {gcp: CostCenter}}"),
        'registry.yaml:4: gcp does not carry a key "CostCenter"; allowed: 1 to 63 lower case',
    ),
    (keyed(f"a: {{spelling: {{gcp: {'x' * 64}}}}}"), "gcp does not carry"),
    (keyed(f"a: {{spelling: {{aws: {'x' * 129}}}}}"), "aws does not carry"),
    (keyed("a: {spelling: {azure: a/b}}"), r"none of < > % & \ ? /"),
    (
        keyed("a:", "b: {aliases: [x, A]}"),
        'registry.yaml:5: the name "A" of the key "b" is also a name of "a" (line 4, "a")',
    ),
    (keyed("a: {aliases: [team]}", "b: {aliases: [TEAM]}"), '"a" (line 4, "team")'),
    (keyed("a: {aliases: [costCenter], fold: separators}", "b: {aliases: [cost_center]}"), 'a name of "a"'),
    (keyed("a: {spelling: {gcp: b}}", "b:"), 'the name "b" of the key "a" is also a name of "b"'),
    (
        keyed("a:", "b: {deprecated: {replaced_by: aa}}"),
        'registry.yaml:5: unknown key "aa"; allowed: a, b. Did you mean "a"?',
    ),
    (
        keyed("a:", "b: {deprecated: {replaced_by: c}}", "c: {deprecated: {replaced_by: b}}"),
        "registry.yaml:5: keys replace each other in a circle: b → c → b",
    ),
    (keyed("a: {required: {where: {ee: prod}}}", "eee:"), 'registry.yaml:4: unknown key "ee"'),
    (keyed("a:", "  required:", "   provder: aws"), 'registry.yaml:6: unknown key "provder"'),
    (keyed("a: {required: {provder: aws}}"), 'Did you mean "provider"?'),
    (keyed("a: {required: {e: prd}}", ENV), '"prd" is no value of the key "e". Did you mean "prod"?'),
    (
        keyed("a: {required: {o: x}}", "o: {deprecated: {replaced_by: a}}"),
        'the key "o" is deprecated; name "a" instead',
    ),
    (keyed("a: {required: {a: x}}"), "in a circle: a → a"),
    (
        keyed("a: {required: {b: x}}", "b: {required: [{c: x}]}", "c: {required: {where: {a: x}}}"),
        "registry.yaml:4: conditions read each other in a circle: a → b → c → a",
    ),
    (
        keyed("a: {effective_from: 2026-02-01, effective_to: 2026-01-01}"),
        "registry.yaml:4: keys.a: effective_to lies before",
    ),
    (keyed("a:") + "exemptions:\n - {key: aa, reason: r}\n", 'registry.yaml:6: unknown key "aa"'),
    (keyed("a:") + "exemptions:\n - {key: a}\n", 'registry.yaml:6: "reason" is missing in exemptions[0]'),
    (
        keyed("a:", ENV) + "exemptions:\n - {key: a, reason: r, scope: {e: prd}}\n",
        'registry.yaml:7: "prd" is no value',
    ),
    (
        keyed("a:", ENV) + "catalogue:\n - resource: x\n   expect: {e: prodd}\n",
        'registry.yaml:8: "prodd" is no value of the key "e"',
    ),
    (keyed("a:") + "catalogue:\n - {expect: {a: x}}\n", "resource, account or provider is needed"),
    (keyed("a:") + "catalogue:\n - {resource: x, expect: {}}\n", "catalogue[0].expect"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_a_contradiction_is_told_with_its_line_and_the_nearest_name(
    tmp_path: Path, text: str, message: str
) -> None:
    assert message in refusal(tmp_path, text)


def test_an_exemptions_condition_counts_in_a_circle_too(tmp_path: Path) -> None:
    text = (
        keyed("a: {required: {b: x}}", "b:") + "exemptions:\n - {key: b, reason: r, scope: {where: {a: x}}}\n"
    )
    assert "in a circle: a → b → a" in refusal(tmp_path, text)


def test_several_contradictions_are_told_at_once(tmp_path: Path) -> None:
    told = refusal(tmp_path, keyed("a: {default: y, values: {list: [x]}}", "b: {aliases: [A]}", owner="c"))
    assert [line.split(":")[1] for line in told.splitlines()] == ["2", "4", "5"]


def test_one_value_may_be_listed_for_two_times_of_its_life(tmp_path: Path) -> None:
    entries = "{value: x, to: 2025-12-31}, {value: x, from: 2026-06-01}"
    assert load(tmp_path, keyed(f"a: {{values: {{list: [{entries}]}}}}")).values("a") == ["x"]


def test_with_exact_case_spellings_are_two_values(tmp_path: Path) -> None:
    assert load(tmp_path, keyed("a: {case: exact, values: {list: [x, X]}}")).values("a") == ["x", "X"]


def test_the_content_hash_follows_the_values_file_but_not_its_place(tmp_path: Path) -> None:
    hashes = []
    for folder, value in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "v.csv").write_text(f"value\n{value}\n")
        hashes.append(load(tmp_path / folder, keyed("a: {values: {file: v.csv}}")).content_hash)
    assert hashes[0] == hashes[1] != hashes[2]


def test_the_schema_is_valid_and_takes_the_smallest_registry() -> None:
    jsonschema.Draft202012Validator.check_schema(registry_schema())
    jsonschema.validate(yaml.safe_load(SMALLEST), registry_schema())
    shorthand = yaml.safe_load(
        "{version: 1, owner: a, keys: {a: {required: {e: prod}, values: {list: [on, 7, {value: x}]}}}}"
    )
    jsonschema.validate(shorthand, registry_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(
            {"version": "1", "owner": "a", "keys": {"a": {"requird": True}}}, registry_schema()
        )
