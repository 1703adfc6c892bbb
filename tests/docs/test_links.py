"""Does everything that a paper points to exist?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.papers import ROOT, anchors, links, papers

_PAGES = [pytest.param(page, id=str(page.relative_to(ROOT))) for page in papers()]
_CODE = re.compile(r"`((?:recon|connectors|reports|configs|cron|tests|docs)/[\w./-]+)`")
# Files of worked examples, which are not there on purpose.
_INVENTED = {"recon/checks/free_charge.py", "recon/metrics/judged_resources.py"}
_PICTURE = 300_000  # bytes


@pytest.mark.parametrize("page", _PAGES)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    broken = [target for target in links(page) if not _leads(page, target)]
    assert broken == []


@pytest.mark.parametrize("page", _PAGES)
def test_every_file_that_a_paper_names_exists(page: Path) -> None:
    named = set(_CODE.findall(page.read_text("utf-8"))) - _INVENTED
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def test_the_invented_files_of_the_examples_are_still_invented() -> None:
    assert [name for name in _INVENTED if (ROOT / name).exists()] == []


def test_a_link_to_a_heading_that_is_not_there_is_seen() -> None:
    assert not _leads(ROOT / "README.md", "CONTRIBUTING.md#add-a-planet")


@pytest.mark.parametrize("page", _PAGES)
def test_no_paper_names_a_path_of_one_machine(page: Path) -> None:
    assert re.findall(r"(?<![\w.*])/(?:home|root|tmp|work|mnt|Users)/\S*", page.read_text("utf-8")) == []


def test_readme_leads_to_every_page_of_docs() -> None:
    linked = {ROOT / target.partition("#")[0] for target in links(ROOT / "README.md")}
    pages = set((ROOT / "docs").glob("*.md"))
    assert sorted(str(page.relative_to(ROOT)) for page in pages - linked) == []


def test_every_decision_is_listed() -> None:
    index = ROOT / "docs" / "adr" / "README.md"
    assert sorted(links(index)) == sorted(p.name for p in index.parent.glob("0*.md"))


@pytest.mark.parametrize("name", ["report.png", "report-phone.png"])
def test_the_pictures_are_small_pngs(name: str) -> None:
    picture = (ROOT / "docs" / "images" / name).read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) <= _PICTURE


def _leads(page: Path, target: str) -> bool:
    if re.match(r"https?://", target):
        return True
    path, _, heading = target.partition("#")
    found = (page.parent / path) if path else page
    return found.exists() and (not heading or heading in anchors(found))
