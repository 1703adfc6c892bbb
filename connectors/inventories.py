"""Which lister asks which cloud? The only place where they are known by name; an SDK is imported when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from connectors.live.pace import Pace
from recon.config import Inventory
from recon.errors import InputError
from recon.snapshot.listing import Lister

# connector → (module with open_lister(scope, pace), the extra that brings its SDK)
LISTERS = {
    "aws": ("connectors.aws.inventory", "aws"),
    "gcp": ("connectors.gcp.inventory", "gcp"),
    "azure": ("connectors.azure.inventory", "azure"),
    "kubernetes": ("connectors.kubernetes.inventory", "kubernetes"),
}


def connector_of(source: Inventory) -> str | None:
    """The connector that a configured source means; None for one of dumps whose content says it."""
    blocks = [name for name in LISTERS if getattr(source, name) is not None]
    if len(blocks) > 1 or (source.connector and blocks and blocks != [source.connector]):
        raise InputError(
            f"inventory source {source.name} speaks of {', '.join({*blocks, source.connector or blocks[0]})}: "
            "give each cloud a source of its own"
        )
    named = source.connector or (blocks[0] if blocks else None)
    if named in LISTERS and source.location is not None:
        raise InputError(
            f"inventory source {source.name} names a cloud ({named}) and a location: leave `location:` out to ask the "
            "cloud, or the cloud out to read dumps"
        )
    return named


def open_lister(source: Inventory, pace: Pace | None = None) -> Lister:
    """The lister of a configured live source. Raises InputError where its SDK is not installed."""
    named = connector_of(source) or ""
    module, extra = LISTERS[named]
    try:
        opener: Callable[..., Lister] = import_module(module).open_lister
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("connectors", "recon")):
            raise
        raise InputError(
            f"inventory source {source.name} asks {named}, whose client library is not installed ({error.name}). "
            f"pip install 'tagrecon[{extra}]'"
        ) from error
    return opener(getattr(source, named), pace)
