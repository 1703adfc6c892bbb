"""Which allocation rules hold? `load_allocation` reads allocation.yaml and refuses what is wrong."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recon.allocation.condition import OPERATORS
from recon.allocation.model import Allocation, Rule, Target
from recon.allocation.parse import ConditionReader, TagRegistry
from recon.allocation.splits import in_order, pool_problems, read_split
from recon.allocation.written import AllocationFile, TagTarget, WrittenRule
from recon.errors import InputError
from recon.hostile import shown
from recon.yaml_file import Located, Spot, in_line_order, load_yaml, validate


def load_allocation(path: Path, registry: TagRegistry) -> Allocation:
    """The checked rules; owners and tag values are turned into the registry's canonical ones.

    Raises InputError (unreadable) or InputErrors (all that is wrong, with file:line and nearest name).
    """
    located = load_yaml(path)
    file = validate(AllocationFile, located)
    reader = ConditionReader(located, registry)
    rules = tuple(_rule(rule, i, reader) for i, rule in enumerate(file.rules))
    splits = [read_split(split, i, reader) for i, split in enumerate(file.splits)]
    errors = [*reader.errors, *_twice(located), *pool_problems(splits, rules, located)]
    ordered = in_order(splits, located)
    if isinstance(ordered, InputError):
        raise in_line_order([*errors, ordered])
    if errors:
        raise in_line_order(errors)
    return Allocation(file.version, rules, tuple(ordered), _hash(file))


def allocation_schema() -> dict[str, Any]:
    """JSON Schema of allocation.yaml, for editors."""
    schema = AllocationFile.model_json_schema()
    texts = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
    test = {"type": "object", "properties": dict.fromkeys(OPERATORS, texts), "additionalProperties": False}
    condition, several = (
        {"$ref": "#/$defs/Condition"},
        {"type": "array", "items": {"$ref": "#/$defs/Condition"}},
    )
    schema["$defs"]["Condition"] = {
        "type": "object",
        "minProperties": 1,
        "properties": {"all": several, "any": several, "not": condition},
        "additionalProperties": {"anyOf": [*texts["anyOf"], test]},
    }
    when = schema["$defs"]["WrittenRule"]["properties"]["when"]
    schema["$defs"]["WrittenRule"]["properties"]["when"] = {"description": when["description"], **condition}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def _rule(written: WrittenRule, i: int, reader: ConditionReader) -> Rule:
    spot: Spot = ("rules", i)
    if (written.from_period or "") > (written.to_period or "9999-12"):
        message = "to_period lies before from; swap the periods"
        reader.errors.append(reader.located.error((*spot, "to_period"), message))
    when = reader.read(written.when, (*spot, "when"))
    return Rule(written.id, when, _target(written, spot, reader), written.from_period, written.to_period)


def _target(written: WrittenRule, spot: Spot, reader: ConditionReader) -> Target:
    if isinstance(written.to, TagTarget):
        reader.tag_key(written.to.tag, (*spot, "to", "tag"))
        return Target("tag", written.to.tag)
    kind, _, name = written.to.partition(":")
    if kind == "owner":
        return Target("owner", reader.tag_value(reader.registry.owner, name, (*spot, "to")))
    return Target("shared", name)


def _twice(located: Located) -> Iterator[InputError]:
    """Ids that two rules or splits share: an id on a ledger entry must name one of them."""
    first: dict[str, Spot] = {}
    for section in ("rules", "splits"):
        for i, entry in enumerate(located.data.get(section) or ()):
            spot: Spot = (section, i, "id")
            if entry["id"] in first:
                line = located.where(first[entry["id"]]).line
                yield located.error(
                    spot, f'the id "{shown(entry["id"])}" is taken (line {line}); choose another'
                )
            first.setdefault(entry["id"], spot)


def _hash(file: AllocationFile) -> str:
    text = json.dumps(file.model_dump(mode="json", by_alias=True), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
