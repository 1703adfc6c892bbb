"""Do the worked examples and the YAML of the papers work?"""

from __future__ import annotations

import doctest
import types
from pathlib import Path

import duckdb
import pytest

from recon.allocation import load_allocation
from recon.checks import Context
from recon.checks.listing import HEADINGS, Check, sections
from recon.config import load_config
from recon.metrics.catalogue import HEADINGS as METRIC_HEADINGS
from recon.registry import load_registry
from recon.run import run
from tests.bills import NOW, line, write_bill, write_config
from tests.docs.papers import ROOT, Block, blocks, papers

CONTRIBUTING = ROOT / "CONTRIBUTING.md"
FILES = ("tagrecon.yaml", "registry.yaml", "allocation.yaml")
_SHOWN = [
    (f"{page.name}-{number}", block)
    for page in papers()
    for number, block in enumerate(blocks(page))
    if block.language == "yaml" and block.text.splitlines()[0].removeprefix("# ") in FILES
]


def _module(example: str) -> types.ModuleType:
    """A worked example of CONTRIBUTING.md, imported."""
    kind, name = example.split(" ")
    text = next(block.text for block in blocks(CONTRIBUTING) if block.mark == f"example: {example}")
    module = types.ModuleType(name.replace("-", "_"))
    exec(compile(text, f"CONTRIBUTING.md: {kind}", "exec"), module.__dict__)
    return module


def test_the_example_check_finds_what_it_says(tmp_path: Path) -> None:
    write_bill(tmp_path / "exports" / "bill.csv", [line(5, "0"), line(6, "2.50"), line(7, "-2.50")])
    cfg = load_config(write_config(tmp_path))
    result = run(cfg, NOW)
    module = _module("check free-charge")
    with duckdb.connect(str(result.store), read_only=True) as con:
        context = Context(con, load_registry(cfg.registry), str, NOW)
        found = module.find(context)
    assert found.select("check_id", "billing_account_id", "open").rows() == [("free-charge", "payer", True)]
    check = Check(module.CHECK_ID, module.SEVERITY, module.__doc__ or "", module.find)
    assert tuple(sections(check)) == HEADINGS


def test_the_example_metric_measures_what_its_docstring_says() -> None:
    module = _module("metric judged_resources")
    tests = doctest.DocTestFinder().find(module, module.__name__, module=False, globs=vars(module))
    results = [doctest.DocTestRunner().run(test) for test in tests if test.examples]
    assert [(r.failed, r.attempted > 0) for r in results] == [(0, True)]
    text = module.__doc__ or ""
    assert [heading for heading in METRIC_HEADINGS if heading not in text] == []


@pytest.mark.parametrize("block", [pytest.param(block, id=name) for name, block in _SHOWN])
def test_a_file_that_a_paper_shows_is_accepted(block: Block, tmp_path: Path) -> None:
    name = block.text.splitlines()[0].removeprefix("# ")
    for missing in FILES[:2]:
        readme = next(b for b in blocks(ROOT / "README.md") if b.mark == f"file: {missing}")
        (tmp_path / missing).write_text(readme.text, encoding="utf-8")
    text = block.text
    if name == FILES[0] and "registry:" not in text:  # a page shows the part that it is about
        text = (tmp_path / name).read_text("utf-8") + text
    (tmp_path / name).write_text(text, encoding="utf-8")
    if name == "tagrecon.yaml":
        assert load_config(tmp_path / name).registry
    elif name == "registry.yaml":
        assert load_registry(tmp_path / name).keys
    else:
        assert load_allocation(tmp_path / name, load_registry(tmp_path / "registry.yaml")).rules


def test_the_papers_show_each_of_the_three_files() -> None:
    assert {block.text.splitlines()[0].removeprefix("# ") for _, block in _SHOWN} == set(FILES)
