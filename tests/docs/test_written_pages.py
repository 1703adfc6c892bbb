"""Do the pages that are written from the code say what the code says?"""

from __future__ import annotations

import pytest

from tests.docs.papers import ROOT
from tests.docs.write import PAGES


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    assert (ROOT / name).read_text("utf-8") == PAGES[name](), f"{name} drifted; run: make docs"


def test_every_page_that_says_it_is_generated_is_written_by_make_docs() -> None:
    marks = ("<!-- generated from", "Written from ")
    claiming = {
        str(page.relative_to(ROOT))
        for page in (ROOT / "docs").rglob("*.md")
        if any(line.startswith(marks) for line in page.read_text("utf-8").splitlines())
    }
    assert claiming == set(PAGES)
