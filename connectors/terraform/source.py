"""Where in the source does a resource of Terraform stand? File, line, and where its tags are written.

Needs the extra `terraform` (python-hcl2). A file that can't be parsed hides its own resources only. Nothing is ever written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

_MODULE = re.compile(r'module\.([\w-]+)(?:\["[^"]*"\]|\[\d+\])?\.')
_RESOURCE = re.compile(r"([\w-]+)\.([\w-]+)(?:\[.*\])?$")
_MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class Block:
    """One `resource` block. `span`: of its text in the file; `tree`: as it was parsed."""

    path: Path
    file: str
    line: int
    kind: str
    text: str = field(repr=False)
    tree: Any = field(repr=False)


@dataclass
class Sources:
    """All `*.tf` below some folders. `folders`: (what the source is called, folder)."""

    folders: Sequence[tuple[str, Path]]

    def find(self, address: str) -> Block | None:
        """The block of an address such as `module.shop.aws_instance.web["a"]`; None where it stands nowhere, or in several places."""
        rest, steps = address, []
        while found := _MODULE.match(rest):
            steps.append(found[1])
            rest = rest[found.end() :]
        own = _RESOURCE.fullmatch(rest)
        if own is None:
            return None
        places = set(self._roots if not steps else self._index.modules)
        for n, step in enumerate(steps):
            places = {
                self._index.calls[place, step] for place in (places if n else self._roots) if (place, step) in self._index.calls
            }  # fmt: skip
        hits = [b for p in sorted(places) for b in self._index.blocks.get((p, own[1], own[2]), ())]
        return hits[0] if len(hits) == 1 else None

    @cached_property
    def _roots(self) -> set[Path]:
        """Folders that no module call leads to."""
        return self._index.modules - set(self._index.calls.values())

    @cached_property
    def _index(self) -> _Index:
        index = _Index()
        for name, folder in self.folders:
            for path in sorted([folder] if folder.is_file() else folder.rglob("*.tf")):
                if ".terraform" not in path.parts:
                    index.read(path, f"{name}/{path.relative_to(folder)}" if folder.is_dir() else path.name)
        return index


@dataclass
class _Index:
    blocks: dict[tuple[Path, str, str], list[Block]] = field(default_factory=dict)
    calls: dict[tuple[Path, str], Path] = field(default_factory=dict)
    modules: set[Path] = field(default_factory=set)

    def read(self, path: Path, shown_as: str) -> None:
        import hcl2  # an extra: only who has Terraform needs it

        home = path.parent.resolve()
        self.modules.add(home)
        try:
            if path.stat().st_size > _MOST_BYTES:
                return
            text = path.read_bytes().decode("utf-8")
            tree = hcl2.parses_to_tree(text)
        except Exception:  # noqa: BLE001  whatever a parser says of a file that is no HCL: its resources stay unknown
            return
        for block in children(tree.children[0], "block"):
            labels = [label for each in block.children[1:] if (label := literal(each)) is not None]
            kind = str(block.children[0].children[0])
            if kind == "resource" and len(labels) == 2:
                found = Block(path, shown_as, block.meta.line, labels[0], text, block)
                self.blocks.setdefault((home, labels[0], labels[1]), []).append(found)
            elif kind == "module" and labels:
                source = _source(block)
                if source is not None and source.startswith("."):
                    self.calls[home, labels[0]] = (home / source).resolve()


def _source(block: Any) -> str | None:
    for attribute in attributes(block):
        if str(attribute.children[0].children[0]) == "source":
            return literal(attribute.children[-1])
    return None


def children(tree: Any, kind: str) -> Iterator[Any]:
    """The parts of a kind directly below."""
    return (c for c in tree.children if getattr(c, "data", None) == kind)


def attributes(block: Any) -> Iterator[Any]:
    """The attributes of a block itself."""
    for body in children(block, "body"):
        yield from children(body, "attribute")


def literal(tree: Any) -> str | None:
    """The text of a plain string or word; None for anything that has to be computed."""
    if getattr(tree, "data", None) == "expr_term" and len(tree.children) == 1:
        return literal(tree.children[0])
    if getattr(tree, "data", None) == "identifier":
        return str(tree.children[0])
    if getattr(tree, "data", None) != "string":
        return None
    parts = [part for part in tree.children if getattr(part, "data", None) == "string_part"]
    tokens = [token for part in parts for token in part.children]
    if (
        any(getattr(token, "type", "") != "STRING_CHARS" for token in tokens)
        or len(parts) != len(tree.children) - 2
    ):
        return None
    text = "".join(map(str, tokens))
    return None if "\\" in text else text
