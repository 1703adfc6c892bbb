"""Can a resource carry these tags at all? What each provider allows: numbers and shapes, no rules.

Facts: AWS tag naming limits; Azure tag limitations; Google Cloud label requirements; Kubernetes label syntax.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from recon.hostile import shown
from recon.registry.providers import spelling_of


@dataclass(frozen=True)
class TagLimits:
    """`tags`: most tags on one resource. `value_shape` matches the whole of an allowed value.
    `keys_fold`: keys that differ only in case are one key, and the first casing stays."""

    tags: int = 1_000
    value: int = 1_024
    value_shape: re.Pattern[str] = re.compile(r"(?s).*")
    value_in_words: str = "any text"
    keys_fold: bool = False


LIMITS = {
    "aws": TagLimits(
        50, 256, re.compile(r"[\w\s.:/=+@-]*"), "letters, digits, blanks and _ . : / = + - @"
    ),
    "azure": TagLimits(50, 256, keys_fold=True),
    "gcp": TagLimits(
        64, 63, re.compile(r"(?:[^\WA-Z]|-)*"), "lower case letters, digits, _ and -"
    ),
    "k8s": TagLimits(
        1_000, 63, re.compile(r"(?:[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)?", re.ASCII),
        "letters and digits, with - _ . between them",
    ),
}  # fmt: skip


def limits_of(provider_id: str) -> TagLimits:
    """The provider's limits; for one we know nothing about: wide ones."""
    return LIMITS.get(provider_id, TagLimits())


def refusal(provider_id: str, present: Mapping[str, str], wanted: Mapping[str, str]) -> str | None:
    """Why the provider would refuse to set `wanted` (raw key → byte-exact value) beside the tags that are
    `present`; None when it would not. Names the key and never the value."""
    limits, spelling = limits_of(provider_id), spelling_of(provider_id)
    for key, value in sorted(wanted.items()):
        if provider_id == "gcp" and "/" in key:
            continue  # a tag of Resource Manager, bound by its namespaced name; its values exist or they don't
        if not spelling.key_shape.fullmatch(key):
            return f"{provider_id} allows no key {shown(key, 80)}: {spelling.shape_in_words}"
        if len(value) > limits.value:
            return f"the value for {key} has {len(value)} characters, {provider_id} allows {limits.value}"
        if not limits.value_shape.fullmatch(value):
            return f"{provider_id} does not allow the value for {key}: {limits.value_in_words}"
    count = sum(
        not spelling.is_generated(key) for key in {*present, *wanted}
    )  # the provider's own don't count
    if count > limits.tags:
        return f"the resource would carry {count} tags, {provider_id} allows {limits.tags}"
    return None
