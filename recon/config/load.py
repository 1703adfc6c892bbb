"""Which configuration holds for this run?

`load_config` reads tagrecon.yaml, lays the command line's words over it and checks it; `config_hash` says
whether two runs were configured alike where it matters to the numbers.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from recon.config.model import RunConfig
from recon.config.secrets import literal_secrets
from recon.config.sources import CLOUDS
from recon.errors import InputError, InputErrors
from recon.hostile import shown
from recon.yaml_file import Located, Spot, in_line_order, load_yaml, not_allowed, validate

_PATHS = ("store", "output", "registry", "allocation", "taggability")
# Where things are written, how fast, and when: none of it changes a number.
_NO_INFLUENCE = {"store", "output", "memory_limit", "threads", "schedule", "mask_key"}


def load_config(path: Path, *, overrides: Mapping[str, str | Path | None] | None = None) -> RunConfig:
    """The checked configuration. `overrides`: top-level key → what the command line says; None is ignored;
    their paths are relative to the working folder, as the shell shows them, not to the file.

    Raises InputError (unreadable) or InputErrors (all that is wrong, with file:line and nearest name).
    """
    located = _overlaid(load_yaml(path), overrides or {})
    errors = literal_secrets(located)
    try:
        config = validate(RunConfig, located)
    except InputErrors as wrong:
        raise in_line_order([*errors, *_without_secrets(wrong, errors)]) from None
    errors += [
        *_twice(located, "billing"),
        *_twice(located, "inventory"),
        *_twice(located, "audit_logs"),
        *_twice(located, "incidents"),
        *_twice(located, "schedule", "jobs"),
    ]
    errors += _unclear_inventories(located, config)
    if errors:
        raise in_line_order(errors)
    return config


def config_hash(config: RunConfig) -> str:
    """SHA-256 hex over what influences results; the same wherever the folder of the file lies."""
    dumped = config.model_dump(mode="json", exclude=_NO_INFLUENCE)
    text = json.dumps(
        _portable(dumped, config.base), sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def config_schema() -> dict[str, Any]:
    """JSON Schema of tagrecon.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RunConfig.model_json_schema()}


def secret_of(reference: str, environ: Mapping[str, str]) -> str:
    """What an environment reference such as `${TAGRECON_MASK_KEY}` stands for.

    Raises InputError, naming the variable and never its value, where it is not set or blank.
    """
    name = reference.removeprefix("${").removesuffix("}")
    if not environ.get(name, "").strip():
        raise InputError(
            f"the environment variable {name} is not set; the configuration refers to it: set it"
        )
    return environ[name]


def _without_secrets(wrong: InputErrors, secrets: list[InputError]) -> list[InputError]:
    """What else is wrong, save on lines that hold a secret: those messages would repeat it."""
    lines = {str(e.where) for e in secrets}
    return [e for e in wrong.errors if str(e.where) not in lines]


def _overlaid(located: Located, overrides: Mapping[str, str | Path | None]) -> Located:
    given = {key: value for key, value in overrides.items() if value is not None}
    for key in given:
        if key not in RunConfig.model_fields:
            raise InputError(not_allowed(key, "setting to override", RunConfig.model_fields))
    laid = {k: str(Path(v).absolute()) if k in _PATHS else str(v) for k, v in given.items()}
    return replace(located, data={**located.data, **laid})


def _twice(located: Located, *section: str) -> Iterator[InputError]:
    """Names that two entries of a section share."""
    entries: Any = located.data
    for part in section:
        entries = (entries or {}).get(part)
    first: dict[str, int] = {}
    for i, entry in enumerate(entries or ()):
        name = str(entry["name"]).casefold()  # names become file names: case must not tell them apart
        if name in first:
            spot: Spot = (*section, first[name], "name")
            message = (
                f'{section[-1]} name "{shown(entry["name"])}" is taken (line {located.where(spot).line})'
            )
            yield located.error((*section, i, "name"), f"{message}; choose another")
        first.setdefault(name, i)


def _unclear_inventories(located: Located, config: RunConfig) -> Iterator[InputError]:
    """Each inventory either reads files or asks one cloud."""
    for i, source in enumerate(config.inventory):
        spot: Spot = ("inventory", i)
        others = [name for name in source.blocks if name != source.connector]
        if len(source.blocks) > 1 or (source.connector and others):
            clouds = ", ".join(sorted({*source.blocks, source.connector or source.blocks[0]}))
            yield located.error(
                spot, f"inventory[{i}] speaks of {clouds}; give each cloud a source of its own"
            )
        elif source.location is not None and (source.blocks or source.connector in CLOUDS):
            message = (
                f'inventory[{i}] names a cloud and a "location"; leave out one: the location to ask the cloud'
            )
            yield located.error(spot, f"{message}, the cloud (`connector: files`) to read dumps")
        elif source.location is None and source.cloud is None:
            message = f'"location" is missing in inventory[{i}]; name a file, a folder or a glob'
            yield located.error(spot, f"{message}, or a cloud to ask ({', '.join(CLOUDS)})")


def _portable(value: Any, base: Path) -> Any:
    if isinstance(value, dict):
        return {k: _portable(v, base) for k, v in value.items()}
    if isinstance(value, list):
        return [_portable(v, base) for v in value]
    if isinstance(value, str):
        for folder in (base.absolute(), base):
            if Path(value).is_relative_to(folder) and folder != Path():
                return str(Path(value).relative_to(folder))
    return value
