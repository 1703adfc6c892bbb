"""Is everything that a user can name on a page?"""

from __future__ import annotations

import inspect
import re
import tomllib
from typing import Any

import pytest
import typer

from recon import errors, focus
from recon.allocation import allocation_schema
from recon.checks import all_checks
from recon.cli.app import app
from recon.config import config_schema
from recon.metrics.catalogue import metrics
from recon.registry import registry_schema
from recon.verdicts import MISATTRIBUTED, RUNGS, VERDICTS
from tests.docs.papers import ROOT, section

DOCS = ROOT / "docs"
PYPROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_SQL_VIEW = re.compile(r"^CREATE OR REPLACE VIEW (\w+) AS", re.M)


def _page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def _headings(name: str, level: str = "##") -> list[str]:
    return re.findall(rf"^{level} (.+)$", _page(name), re.M)


def test_every_view_of_the_store_has_its_section() -> None:
    views = _SQL_VIEW.findall((ROOT / "recon" / "store" / "views.sql").read_text("utf-8"))
    documented = {name for heading in _headings("store.md") for name in heading.split(", ")}
    assert len(views) > 10
    assert documented == set(views)


def test_every_check_has_its_section() -> None:
    assert _headings("checks.md") == [check.check_id for check in all_checks()]


def test_every_metric_has_its_section() -> None:
    named = {heading.partition(" ")[0] for heading in _headings("metrics.md")}
    assert named == {metric.name for metric in metrics()}


def test_every_verdict_has_its_row_and_says_whether_it_counts_as_misattributed() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \|[^|]*\|[^|]*\| (yes)? ?\|", section(DOCS / "verdicts.md", "## What each one means"), re.M
    )  # fmt: skip
    assert [name for name, _ in rows] == list(VERDICTS)
    assert {name for name, counts in rows if counts} == set(MISATTRIBUTED)


@pytest.mark.parametrize(
    ("page", "schema"),
    [
        ("configuration.md", config_schema()),
        ("configuration.md", allocation_schema()),
        ("registry.md", registry_schema()),
    ],
    ids=["tagrecon.yaml", "allocation.yaml", "registry.yaml"],
)
def test_every_key_of_a_file_is_on_its_page(page: str, schema: dict[str, Any]) -> None:
    models = [schema, *(m for n, m in schema.get("$defs", {}).items() if n != "Condition")]
    keys = {key for model in models for key in model.get("properties", {})}
    assert keys and sorted(key for key in keys if f"| `{key}` |" not in _page(page)) == []


def test_every_command_has_its_section() -> None:
    root: Any = typer.main.get_command(app)
    assert {f"tagrecon {name}" for name in root.commands} <= set(_headings("cli.md"))


def test_every_error_of_the_tree_is_documented_with_its_exit_code() -> None:
    tree = {
        name: kind
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, errors.TagreconError)
    }
    rows = re.findall(r"^\| `(\w+)` \|.*\| (\d) \|$", section(DOCS / "errors.md", "## The tree"), re.M)
    assert {name: int(code) for name, code in rows} == {n: k.exit_code for n, k in tree.items()}


def test_every_exit_code_is_documented_by_its_name() -> None:
    rows = re.findall(r"^\| (\d) \| `(\w+)` \|", section(DOCS / "errors.md", "## Exit codes"), re.M)
    assert {name: int(code) for code, name in rows} == {code.name: code.value for code in errors.Exit}


def test_the_glossary_knows_every_rung_and_names_focus_columns_that_exist() -> None:
    glossary = _page("glossary.md")
    assert all(rung in glossary for rung in RUNGS)
    named = re.findall(r"`([A-Z][A-Za-z]+)`", section(DOCS / "glossary.md", "## Words of FOCUS"))
    assert len(named) > 15 and sorted(set(named) - set(focus.COLUMNS)) == []


def test_every_dependency_has_its_line_in_the_decision() -> None:
    decision = (DOCS / "adr" / "0011-dependencies.md").read_text("utf-8")
    groups = PYPROJECT["dependency-groups"]
    extras = PYPROJECT["project"]["optional-dependencies"]
    wanted = [
        *PYPROJECT["project"]["dependencies"],
        *groups["dev"],
        *groups["bench"],
        *(name for extra in extras.values() for name in extra),
    ]
    names = [re.split(r"[<>=\[]", requirement)[0] for requirement in wanted]
    listed = {
        n
        for row in re.findall(r"^\| ([^|]+) \|", decision, re.M)
        for n in re.findall(r"[a-z][a-z0-9-]+", row)
    }
    assert [name for name in names if name not in listed] == []


def test_the_layers_of_the_page_are_those_of_the_import_contract() -> None:
    layers = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    text = section(DOCS / "architecture.md", "## Who may import whom").partition("```text\n")[2]
    assert text.partition("```")[0].splitlines() == layers


@pytest.mark.parametrize("package", ["recon", "connectors"])
def test_every_room_is_on_the_map(package: str) -> None:
    picture = _page("architecture.md").partition("```\n")[2].partition("```")[0]
    rooms = [p.name for p in (ROOT / package).iterdir() if (p / "__init__.py").exists()]
    modules = [p.name for p in (ROOT / package).glob("*.py") if not p.name.startswith("__")]
    assert [name for name in rooms if f"{name}/" not in picture] == []
    assert [name for name in modules if name not in picture] == []
