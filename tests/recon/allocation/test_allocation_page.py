"""Does docs/allocation.md say what its example does?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from recon.allocation import load_allocation
from recon.errors import InputError
from recon.ledger.owners import accounts_of
from recon.registry import Registry, load_registry
from tests.docs.papers import ROOT, blocks

PAGE = ROOT / "docs" / "allocation.md"


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    shown = next(b for b in blocks(ROOT / "README.md") if b.mark == "file: registry.yaml")
    (tmp_path / "registry.yaml").write_text(shown.text, "utf-8")
    return load_registry(tmp_path / "registry.yaml")


def _table() -> list[dict[str, str | None]]:
    _, _, rest = PAGE.read_text("utf-8").partition("<!-- checked: rules -->\n")
    lines = rest.partition("\n\n")[0].splitlines()
    head, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:]))
    return [{name: cell or None for name, cell in zip(head, row, strict=True)} for row in rows]


def test_the_charges_of_the_page_come_to_what_its_table_says(tmp_path: Path, registry: Registry) -> None:
    example = next(b for b in blocks(PAGE) if b.text.startswith("# allocation.yaml"))
    (tmp_path / "allocation.yaml").write_text(example.text, "utf-8")
    allocation = load_allocation(tmp_path / "allocation.yaml", registry)
    table = _table()
    outcome = ("account", "product", "stage")
    rows = [
        {**{k: v for k, v in row.items() if k not in outcome}, "class": row["x_Class"], "verdict": "untagged", "rung": "billed"}
        for row in table
    ]  # fmt: skip
    cases = pl.DataFrame(rows, schema=dict.fromkeys(rows[0], pl.String))
    for number in range(cases.height):
        one = accounts_of(cases[number], allocation, "2026-10", frozenset({"shared:network"})).row(
            0, named=True
        )
        found = (one["account"], one["dimension:product"], one["dimension:stage"])
        assert found == tuple(table[number][name] for name in outcome), table[number]
    later = replace(allocation, default=None)
    last = accounts_of(cases[-1:], later, "2026-10", frozenset()).row(0, named=True)
    assert last["account"] == "unallocated:shared"


def test_the_circle_of_the_page_is_refused_in_its_words(tmp_path: Path, registry: Registry) -> None:
    (tmp_path / "allocation.yaml").write_text(
        "dimensions:\n  team: {rules: [{id: r, when: {'dimension:area': x}, value: y}]}\n"
        "  area: {rules: [{id: r, when: {'dimension:team': x}, value: y}]}\n"
    )
    with pytest.raises(InputError) as refused:
        load_allocation(tmp_path / "allocation.yaml", registry)
    told = str(refused.value).replace(f"{tmp_path}/", "").strip()
    assert told in next(b.text for b in blocks(PAGE) if b.language == "text")
