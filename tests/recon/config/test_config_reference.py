"""Do the reference pages say what the models say? To write them anew: run this file with Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.allocation import allocation_schema
from recon.config import config_schema
from recon.config.reference import page
from recon.registry import registry_schema

DOCS = Path(__file__).parents[3] / "docs"
PAGES = {
    "configuration.md": {"tagrecon.yaml": config_schema(), "allocation.yaml": allocation_schema()},
    "registry.md": {"registry.yaml": registry_schema()},
}


@pytest.mark.parametrize("name", PAGES)
def test_the_reference_page_is_what_the_models_say(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert text == page(text, PAGES[name]), f"docs/{name} drifted; run: python {Path(__file__).name}"


def test_every_field_has_a_meaning_on_its_page() -> None:
    for name, schemas in PAGES.items():
        rows = [line for line in page("", schemas).splitlines() if line.startswith("| `")]
        assert len(rows) > 20
        assert [row for row in rows if row.endswith("|  |")] == [], name


if __name__ == "__main__":
    for name, schemas in PAGES.items():
        path = DOCS / name
        path.write_text(page(path.read_text(encoding="utf-8"), schemas), encoding="utf-8")
