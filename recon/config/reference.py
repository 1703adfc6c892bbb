"""Which fields may a file have? The reference pages' tables, written from the JSON Schemas of the models.

A page is prose by hand down to `MARK`; what stands below it is generated, and a test fails when it drifts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MARK = "<!-- generated from the models below this line; the text above is written by hand -->"
Schema = Mapping[str, Any]


def page(text: str, schemas: Mapping[str, Schema]) -> str:
    """The page with everything below MARK written anew. `schemas`: file name → its JSON Schema."""
    prose = text.partition(MARK)[0].rstrip()
    return "\n".join([prose, "", MARK, "", *(line for n, s in schemas.items() for line in _file(n, s))])


def _file(name: str, schema: Schema) -> Iterator[str]:
    yield from _table(f"## {name}", schema)
    done: list[str] = []
    while waiting := [d for d in _mentioned(schema, done) if d not in done]:
        done.append(waiting[0])
        definition = schema["$defs"][waiting[0]]
        if "properties" in definition and waiting[0] != "Condition":
            yield from _table(f"### {waiting[0]}", definition)


def _mentioned(schema: Schema, done: list[str]) -> list[str]:
    """Definitions in the order in which a reader meets them."""
    top = {k: v for k, v in schema.items() if k != "$defs"}
    texts = [json.dumps(part) for part in (top, *(schema["$defs"][d] for d in done))]
    return [ref for text in texts for ref in re.findall(r'"#/\$defs/(\w+)"', text)]


def _table(heading: str, schema: Schema) -> Iterator[str]:
    yield from (heading, "", _sentence(str(schema.get("description", ""))), "")
    yield from ("| field | what is written | default | meaning |", "|---|---|---|---|")
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        default = "required" if name in required else _default(field)
        meaning = _cell(str(field.get("description", "")))
        yield f"| `{name}` | {_cell(_kind(field))} | {_cell(default)} | {meaning} |"
    yield ""


def _default(field: Schema) -> str:
    value = field.get("default")
    return "" if value in (None, "", [], {}) or isinstance(value, dict) else f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _kind(field: Schema) -> str:
    if "$ref" in field:
        return str(field["$ref"]).rpartition("/")[2]
    options = field.get("anyOf") or field.get("oneOf")
    if options:
        return " or ".join(dict.fromkeys(_kind(o) for o in options if o.get("type") != "null"))
    if "enum" in field or "const" in field:
        return ", ".join(f"`{v}`" for v in field.get("enum", [field.get("const")]))
    return _plain_kind(field)


def _plain_kind(field: Schema) -> str:
    kind = field.get("type", "text")
    if kind == "array":
        return f"list of {_kind(field['items'])}"
    if kind == "object":
        values = field.get("additionalProperties")
        return f"name → {_kind(values)}" if isinstance(values, dict) else "mapping"
    if kind == "string" and field.get("format") == "date":
        return "day"
    words = {"string": "text", "integer": "whole number", "boolean": "true, false", "number": "number"}
    return "text" if isinstance(kind, list) else words.get(str(kind), str(kind))


def _sentence(text: str) -> str:
    return " ".join(text.split())


def _cell(text: str) -> str:
    return _sentence(text).replace("|", "\\|")
