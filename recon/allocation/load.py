"""Which allocation rules hold? `load_allocation` reads allocation.yaml and refuses what is wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from recon.allocation.model import Allocation
from recon.allocation.parse import TESTS, ConditionReader, TagRegistry
from recon.allocation.read_rules import (
    filling,
    order_of,
    read_default,
    read_dimensions,
    read_rules,
    taken_ids,
)
from recon.allocation.splits import circles, pool_problems, read_sharing
from recon.allocation.written import AllocationFile
from recon.errors import InputError
from recon.yaml_file import in_line_order, load_yaml, validate


def load_allocation(path: Path, registry: TagRegistry) -> Allocation:
    """The checked rules; owners and tag values are turned into the registry's canonical ones.

    Raises InputError (unreadable) or InputErrors (all that is wrong, with file:line and nearest name).
    """
    located = load_yaml(path)
    file = validate(AllocationFile, located)
    reader = ConditionReader(located, registry, tuple(sorted(file.dimensions)))
    rules = read_rules(file, reader)
    dimensions = read_dimensions(file, reader)
    sharing = read_sharing(file.splits, file.policies, reader)
    rules = (*rules, *sharing.rules)
    default = read_default(file, list(sharing.splits), reader)
    order = order_of(rules, dimensions, located)
    errors = [
        *reader.errors,
        *taken_ids(located),
        *pool_problems(sharing, filling(rules, file), located),
        *circles(sharing, file.sharing == "reciprocal", located),
        *([order] if isinstance(order, InputError) else []),
    ]
    if errors or isinstance(order, InputError):
        raise in_line_order(errors)
    return Allocation(
        version=file.version,
        rules=rules,
        splits=sharing.in_order(),
        content_hash=_hash(file, sharing.usage_digests()),
        default=default,
        dimensions=dimensions,
        order=order,
        names=registry,
    )


def allocation_schema() -> dict[str, Any]:
    """JSON Schema of allocation.yaml, for editors."""
    schema = AllocationFile.model_json_schema()
    texts = {"anyOf": [_SCALAR, {"type": "array", "items": _SCALAR}]}
    test = {"type": "object", "properties": dict.fromkeys(TESTS, texts), "additionalProperties": False}
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
    conditions = {"WrittenRule": ("when",), "DimensionRule": ("when",), "WrittenSplit": ("when", "of"), "WrittenTier": ("of",)}  # fmt: skip
    for model, names in conditions.items():
        fields = schema["$defs"][model]["properties"]
        fields |= {name: {"description": fields[name]["description"], **condition} for name in names}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


_SCALAR: dict[str, Any] = {"type": ["string", "number", "boolean"]}


def _hash(file: AllocationFile, usage_files: list[str]) -> str:
    written = {**file.model_dump(mode="json", by_alias=True), "usage_files": usage_files}
    text = json.dumps(written, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
