"""Which registry holds? `load_registry` reads registry.yaml and its value files and refuses what is wrong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from recon.errors import InputError, InputErrors
from recon.registry.check import Written, problems
from recon.registry.model import CatalogueEntry, Exemption, Key, RegistryFile
from recon.registry.rules import Registry
from recon.registry.scope import Scope
from recon.registry.value_index import ValueIndex
from recon.registry.values_file import Sourced, read_values
from recon.yaml_file import Located, in_line_order, load_yaml, validate


def load_registry(path: Path) -> Registry:
    """The checked registry; values in conditions, catalogue and defaults are turned into canonical ones.

    Raises InputError (unreadable) or InputErrors (all that is wrong, with file:line and nearest name).
    """
    located = load_yaml(path)
    file = validate(RegistryFile, located)
    errors: list[InputError] = []
    sourced = {name: _entries(name, key, located, errors) for name, key in file.keys.items()}
    keys = {name: _with_values(key, sourced[name]) for name, key in file.keys.items()}
    indexes = {name: ValueIndex(key) for name, key in keys.items()}
    errors += problems(Written(located, file, keys, sourced, indexes))
    if errors:
        raise in_line_order(errors)
    return _registry(file, keys, indexes)


def registry_schema() -> dict[str, Any]:
    """JSON Schema of registry.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RegistryFile.model_json_schema()}


def _entries(name: str, key: Key, located: Located, errors: list[InputError]) -> list[Sourced]:
    if key.values is None:
        return []
    spot = ("keys", name, "values")
    if key.values.file is None:
        return [(e, located.where((*spot, "list", i))) for i, e in enumerate(key.values.listed or ())]
    try:
        return read_values(key.values.file, located.where((*spot, "file")))
    except InputErrors as several:
        errors += several.errors
    except InputError as wrong:
        errors.append(wrong)
    return []


def _with_values(key: Key, sourced: list[Sourced]) -> Key:
    if key.values is None or key.values.file is None:
        return key
    if not sourced:  # the file is refused; no further complaint about values it may well list
        return key.model_copy(update={"values": None})
    listed = key.values.model_copy(update={"listed": tuple(entry for entry, _ in sourced)})
    return key.model_copy(update={"values": listed})


def _registry(file: RegistryFile, keys: dict[str, Key], indexes: dict[str, ValueIndex]) -> Registry:
    def canonical(key: str, value: str) -> str:
        return indexes[key].find(value) or value

    def scope(given: Scope) -> Scope:
        where = {k: tuple(dict.fromkeys(canonical(k, v) for v in vs)) for k, vs in given.where.items()}
        return given.model_copy(update={"where": where})

    def key(name: str, given: Key) -> Key:
        default = given.default and canonical(name, given.default)
        required = tuple(scope(s) for s in given.required)
        return given.model_copy(update={"required": required, "default": default})

    def exemption(given: Exemption) -> Exemption:
        return given.model_copy(update={"scope": scope(given.scope)})

    def expected(given: CatalogueEntry) -> CatalogueEntry:
        return given.model_copy(update={"expect": {k: canonical(k, v) for k, v in given.expect.items()}})

    finished = {name: key(name, k) for name, k in keys.items()}
    exemptions = tuple(exemption(e) for e in file.exemptions)
    catalogue = tuple(expected(c) for c in file.catalogue)
    said = file.model_copy(update={"keys": finished, "exemptions": exemptions, "catalogue": catalogue})
    return Registry(
        version=file.version,
        owner=file.owner,
        keys=finished,
        exemptions=exemptions,
        catalogue=catalogue,
        content_hash=_hash(said),
        indexes=indexes,
    )


def _hash(file: RegistryFile) -> str:
    # Where a values file lies says nothing; what it lists does.
    said = file.model_dump(mode="json", by_alias=True, exclude={"keys": {"__all__": {"values": {"file"}}}})
    text = json.dumps(said, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
