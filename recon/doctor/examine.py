"""Which checks are there? All of them, in the order of a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.util import find_spec
from pathlib import Path

from recon.allocation import load_allocation
from recon.config import RunConfig, load_config, secret_of
from recon.doctor.check import Check
from recon.doctor.live import live
from recon.doctor.places import lock, published, writable
from recon.doctor.sources import bill_format, dump_format, incident_format, log_format, source
from recon.doctor.writing import writing
from recon.errors import InputError, InputErrors
from recon.registry import load_registry

_CLOUDS = {"aws": "boto3", "azure": "azure", "gcp": "google", "kubernetes": "kubernetes"}


def examine(
    config: Path, *, overrides: Mapping[str, Path | None] | None = None, environ: Mapping[str, str]
) -> list[Check]:
    """Every check, in the order of a run. Nothing is raised for what is wrong: it is a check that says so."""
    try:
        cfg = load_config(config, overrides=overrides)
    except InputError as wrong:
        return [*_wrongs("configuration", wrong), *_extras(())]
    found = [Check("configuration", "ok", f"{config} is right")]
    found += _rules(cfg)
    found += _mask_key(cfg, environ)
    for bill in cfg.billing:
        found += source("bill", bill.name, bill.location, bill_format)
    if not cfg.billing:
        remedy = "add an entry under billing: {name, location}"
        found.append(Check("bills", "wrong", "no bill is configured", remedy))
    for inventory in cfg.inventory:
        if inventory.cloud:
            found += live(inventory)
        elif inventory.location:
            found += source("inventory", inventory.name, inventory.location, dump_format)
    if not cfg.inventory:
        unknown = "none configured: what is live is not known"
        found.append(Check("inventories", "note", unknown, "add one under inventory"))
    found += writing(cfg)
    for log in cfg.audit_logs:
        found += source("audit log", log.name, log.location, log_format)
    for listed in cfg.incidents:
        found += source("incidents", listed.name, listed.location, incident_format)
    found += [writable("store", cfg.store.parent), writable("output", cfg.output)]
    found += published(cfg.store, cfg.output)
    found += [lock(cfg.store)]
    used = [str(b.connector) for b in cfg.billing] + [str(i.connector) for i in cfg.inventory]
    used += [name for i in cfg.inventory for name in _CLOUDS if getattr(i, name, None) is not None]
    return found + _extras(used)


def _wrongs(name: str, wrong: InputError) -> list[Check]:
    each = wrong.errors if isinstance(wrong, InputErrors) else [wrong]
    return [
        Check(name, "wrong", str(error), "mend the file; docs/configuration.md has every field")
        for error in each
    ]


def _rules(cfg: RunConfig) -> list[Check]:
    """Registry, and the allocation rules that name its values."""
    try:
        registry = load_registry(cfg.registry)
        said = f"version {registry.version}, {len(registry.keys)} keys, owner {registry.owner}"
        found = [Check("registry", "ok", said)]
        if cfg.allocation:
            rules = load_allocation(cfg.allocation, registry)
            found.append(Check("allocation", "ok", f"{len(rules.rules)} rules, {len(rules.splits)} splits"))
        return found
    except InputError as wrong:
        return _wrongs("rules", wrong)


def _mask_key(cfg: RunConfig, environ: Mapping[str, str]) -> list[Check]:
    if cfg.mask_key is None:
        said = "none named: masks differ from one store to another"
        return [Check("mask key", "note", said, "set mask_key")]
    try:
        secret_of(cfg.mask_key, environ)
    except InputError as unset:
        return [Check("mask key", "wrong", str(unset), "set the variable where tagrecon runs")]
    return [Check("mask key", "ok", "its environment variable is set")]


def _extras(connectors: Collection[str]) -> list[Check]:
    """Whether the configured cloud connectors have their client libraries."""
    found = []
    for cloud, module in _CLOUDS.items():
        there = find_spec(module) is not None
        if cloud in connectors and not there:
            missing, remedy = "its client library is not installed", f"pip install 'tagrecon[{cloud}]'"
            found.append(Check(f"extra {cloud}", "wrong", missing, remedy))
        elif cloud in connectors:
            found.append(Check(f"extra {cloud}", "ok", "installed"))
    return found
