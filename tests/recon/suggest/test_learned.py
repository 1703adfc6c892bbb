"""Does the model learn from the estate's own tags, and only from what it may see?"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from measured_estate import telling
from small_estate import ask_of, estate_of, item

from recon.registry import Rules
from recon.suggest.features import features
from recon.suggest.signals import learned


def missing(estate_items: pl.DataFrame) -> pl.DataFrame:
    return estate_items.select("item_no", key=pl.lit("team"))


def test_it_says_what_names_go_with_and_why(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    hidden = ask_of(*((n, "team") for n in range(1, 21)))
    told = learned.suggest(estate.without(hidden), hidden)
    truth = estate.known.rename({"value": "true"})
    right = told.join(truth, on=["item_no", "key"])
    assert right.filter(pl.col("value") == pl.col("true")).height >= 0.8 * told.height > 8
    assert told["score"].is_between(0.5, 1).all()
    named = told.join(estate.items.select("item_no", "name"), on="item_no").filter(pl.col("name").str.starts_with("payments"))  # fmt: skip
    assert named["evidence"].str.contains("name word payments").all()


def test_the_same_bytes_twice(tmp_path: Path) -> None:
    estate = telling(tmp_path)
    asked = missing(estate.items)
    assert learned.suggest(estate, asked).equals(learned.suggest(estate, asked.reverse()))


def test_two_classes_are_explained_by_what_speaks_for_each(rules: Rules) -> None:
    items = [item(n, name=("alpha" if n % 2 else "omega") + f"-{n}") for n in range(1, 43)]
    tags = [(n, "environment", "prod" if n % 2 else "dev") for n in range(1, 41)]
    told = learned.suggest(estate_of(rules, items, tags), ask_of((41, "environment"), (42, "environment")))
    assert told["value"].to_list() == ["prod", "dev"]
    assert ["name word alpha" in told["evidence"][0], "name word omega" in told["evidence"][1]] == [True, True]  # fmt: skip


@pytest.mark.parametrize("tagged", [0, 19])
def test_few_examples_teach_nothing(rules: Rules, tagged: int) -> None:
    items = [item(n, name=f"n-{n % 2}") for n in range(1, 41)]
    tags = [(n, "environment", ("prod", "dev")[n % 2]) for n in range(1, tagged + 1)]
    assert learned.suggest(estate_of(rules, items, tags), ask_of((40, "environment"))).is_empty()


def test_one_class_teaches_nothing(rules: Rules) -> None:
    items = [item(n, name="api") for n in range(1, 41)]
    tags = [(n, "environment", "prod") for n in range(1, 40)]
    assert learned.suggest(estate_of(rules, items, tags), ask_of((40, "environment"))).is_empty()


def test_no_spelling_of_the_key_is_a_feature(rules: Rules) -> None:
    tags = [(1, "CostCenter", "pay"), (1, "cost-center", "nonsense"), (1, "env", "x"), (1, "environment", "production")]  # fmt: skip
    estate = estate_of(rules, [item(1, name="api-1")], tags)
    found = set(features(estate, estate.items.select("item_no"), "cost-center")["feature"])
    assert {"tag env=x", "tag environment=prod", "name word api", "account 1"} <= found
    assert not any("nonsense" in each or "pay" in each for each in found)


def test_a_resource_without_any_known_trait_is_left_alone(rules: Rules) -> None:
    items = [item(n, name=f"{('alpha', 'omega')[n % 2]}-{n}") for n in range(1, 41)]
    strange = item(41, name="zzz", account_id="?", region="?", resource_type="?")
    tags = [(n, "environment", ("prod", "dev")[n % 2]) for n in range(1, 41)]
    assert learned.suggest(estate_of(rules, [*items, strange], tags), ask_of((41, "environment"))).is_empty()


def test_a_large_estate_is_learned_from_by_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    estate = telling(tmp_path)
    monkeypatch.setattr(learned, "_WORK", 90)
    examples = learned._examples(estate, "team")
    assert examples.height == 30
    assert examples.equals(learned._examples(estate, "team"))


def test_it_is_silent_without_scikit_learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn", None)
    estate = telling(tmp_path)
    assert not learned.available()
    assert learned.suggest(estate, missing(estate.items)).is_empty()


def test_looking_for_signals_imports_no_scikit_learn() -> None:
    code = "import sys; from recon.suggest.signals_found import all_signals; all_signals(); print('sklearn' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
