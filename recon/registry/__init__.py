"""registry.yaml → Registry: which labels exist, what they may say, and what holds on a day."""

from recon.registry.folding import Folding, is_blank, renamed_by_export
from recon.registry.key_index import KeyHit, canonical_key
from recon.registry.load import load_registry, registry_schema
from recon.registry.model import CatalogueEntry, Entry, Exemption, Key, Values
from recon.registry.rules import Place, Registry, Rules, ValueHit, in_force
from recon.registry.scope import Scope

__all__ = [
    "CatalogueEntry",
    "Entry",
    "Exemption",
    "Folding",
    "Key",
    "KeyHit",
    "Place",
    "Registry",
    "Rules",
    "Scope",
    "ValueHit",
    "Values",
    "canonical_key",
    "in_force",
    "is_blank",
    "load_registry",
    "registry_schema",
    "renamed_by_export",
]
