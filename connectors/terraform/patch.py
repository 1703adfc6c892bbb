"""What is to be written in Terraform's source so that a resource carries a tag? A snippet always, a patch where tags are written out.

Only a literal map is edited (`tags = { … }`), by the positions that the parser gives; everything else in the file stays byte for
byte. Where tags are computed (`merge(…)`, a variable) a person has to decide where the value belongs.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.terraform.source import Block, attributes, children, literal

_WORD = re.compile(r"[A-Za-z_][\w-]*")
_BLOCKS = {
    "aws_autoscaling_group"
}  # tags are blocks of their own there; Source: the AWS provider's documentation


@dataclass(frozen=True)
class Splice:
    """Text that takes the place of `start`..`end` of a file."""

    start: int
    end: int
    text: str


def attribute_of(kind: str) -> str:
    """What the tags of a resource type are called. Source: the providers' documentation."""
    return "labels" if kind.startswith("google_") else "tags"


def snippet(kind: str, tags: Mapping[str, str]) -> str:
    """What must stand in the block, as HCL."""
    lines = "\n".join(f"  {_key(key)} = {quoted(value)}" for key, value in sorted(tags.items()))
    return f"{attribute_of(kind)} = {{\n{lines}\n}}"


def splices(block: Block, tags: Mapping[str, str]) -> list[Splice] | None:
    """The edits that make a block carry the tags; None where its tags are not a literal map that can be edited."""
    name = attribute_of(block.kind)
    computed = any(
        "${" in value or "%{" in value for value in tags.values()
    )  # a person shall look at how it is escaped
    if block.kind in _BLOCKS or computed:
        return None
    found = [a for a in attributes(block.tree) if str(a.children[0].children[0]) == name]
    if not found:
        fresh = _new_attribute(block, name, tags)
        return [fresh] if fresh else None
    return _in_map(found[0].children[-1], block.text, tags) if len(found) == 1 else None


def diff(file: str, before: str, edits: Sequence[Splice]) -> str:
    """A unified diff of the edits, which must not overlap."""
    after = before
    for edit in sorted(edits, key=lambda e: (e.start, e.end), reverse=True):
        after = after[: edit.start] + edit.text + after[edit.end :]
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
        for line in difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")
    )


def quoted(value: str) -> str:
    """A value as a string of HCL, with nothing left that HCL would compute."""
    text = value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
    escaped = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(escaped.get(c, c if c.isprintable() else _code(c)) for c in text) + '"'


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _key(key: str) -> str:
    return key if _WORD.fullmatch(key) else quoted(key)


def _new_attribute(block: Block, name: str, tags: Mapping[str, str]) -> Splice | None:
    at = block.tree.meta.end_pos - 1
    end = block.text.rfind("\n", 0, at) + 1
    if block.text[
        end:at
    ].strip():  # the whole block stands on one line, which has room for one attribute only
        return None
    indent = block.text[end:at] + "  "
    lines = "".join(f"{indent}  {_key(k)} = {quoted(v)}\n" for k, v in sorted(tags.items()))
    return Splice(end, end, f"{indent}{name} = {{\n{lines}{indent}}}\n")


def _in_map(expression: Any, text: str, tags: Mapping[str, str]) -> list[Splice] | None:
    found = list(children(expression, "object"))
    if len(found) != 1 or len(expression.children) != 1:
        return None
    held: dict[str, Any] = {}
    elements = list(children(found[0], "object_elem"))
    for element in elements:
        name = literal(_name_of(element))
        if name is None or name in held:
            return None
        held[name] = element.children[-1]
    edits, fresh = [], {}
    for key, value in sorted(tags.items()):
        if key not in held:
            fresh[key] = value
        elif literal(held[key]) is None:
            return None
        else:
            edits.append(Splice(held[key].meta.start_pos, held[key].meta.end_pos, quoted(value)))
    return [*edits, _added(found[0], elements, text, fresh)] if fresh else edits


def _name_of(element: Any) -> Any:
    key = element.children[0]
    return key.children[0] if getattr(key, "data", "") == "object_elem_key" else key


def _added(held: Any, elements: Sequence[Any], text: str, tags: Mapping[str, str]) -> Splice:
    """New entries at the head of a map, written as its entries are: on lines of their own, or between commas."""
    at = held.meta.start_pos + 1
    if not elements:
        between = text[at : held.meta.end_pos - 1]
        inner = ", ".join(f"{_key(k)} = {quoted(v)}" for k, v in sorted(tags.items()))
        return Splice(at, at, f" {inner}{'' if between[:1].isspace() else ' '}")
    lead = text[at : elements[0].meta.start_pos]
    if "\n" not in lead:
        return Splice(at, at, "".join(f" {_key(k)} = {quoted(v)}," for k, v in sorted(tags.items())))
    first = elements[0].meta.start_pos
    indent = text[text.rfind("\n", 0, first) + 1 : first]
    comma = "," if text[elements[0].meta.end_pos :].lstrip(" \t").startswith(",") else ""
    lines = "".join(f"\n{indent}{_key(k)} = {quoted(v)}{comma}" for k, v in sorted(tags.items()))
    return Splice(at, at, lines)
