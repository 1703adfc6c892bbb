"""Which papers are there, and what stands in them? Fenced blocks with the mark above them, links, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>[^>]*?) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
_LINK = re.compile(r"\]\(([^)\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A fenced block. `mark`: the HTML comment right above it, empty where there is none."""

    page: Path
    language: str
    mark: str
    text: str


def papers() -> list[Path]:
    """Every Markdown file of the project, the generated ones too."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [
        Block(page, found["language"], found["mark"] or "", found["text"])
        for found in _BLOCK.finditer(page.read_text("utf-8"))
    ]


def links(page: Path) -> Iterator[str]:
    """Targets of the links of a page, outside of fenced blocks."""
    yield from _LINK.findall(_prose(page))


def anchors(page: Path) -> set[str]:
    """What `#…` may name on a page: its headings, as a forge writes them."""
    headings = re.findall(r"^#+ (.+)$", _prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def section(page: Path, heading: str) -> str:
    """The text below a heading, up to the next one of its level."""
    level = heading.split(" ", 1)[0]
    text = page.read_text("utf-8").partition(f"\n{heading}\n")[2]
    return re.split(rf"^#{{1,{len(level)}}} ", text, maxsplit=1, flags=re.M)[0]


def _prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text("utf-8"))
