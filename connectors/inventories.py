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

# Where leaving the scope out can't mean everything.
_SCOPED = {
    "gcp": "gcp: {scopes: [organizations/NUMBER]}, or folders/NUMBER, or projects/ID",
    "kubernetes": "kubernetes: {cluster: NAME}, its name as bills write it",
}


def open_lister(source: Inventory, pace: Pace | None = None) -> Lister:
    """The lister of a configured live source. Raises InputError where its SDK is not installed, or its scope missing."""
    named = source.cloud or ""
    module, extra = LISTERS[named]
    if getattr(source, named) is None and named in _SCOPED:
        raise InputError(
            f"inventory source {source.name} does not say what of {named} to list: add {_SCOPED[named]}"
        )
    try:
        opener: Callable[..., Lister] = import_module(module).open_lister
        return opener(getattr(source, named), pace)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("connectors", "recon")):
            raise
        raise InputError(
            f"inventory source {source.name} asks {named}, whose client library is not installed ({error.name}). "
            f"pip install 'tagrecon[{extra}]'"
        ) from error
