"""What is each column of a FOCUS file called here, so that none of them can pass for one of ours?

FOCUS columns have the specification's spelling. All others keep the name that the file gives them, unless a relation of
bill lines has a column of that name already: then they are called `x_file_…`, and are passed on as that.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from connectors.bill.shape import INHERITED
from connectors.bill.table import Head
from recon import focus
from recon.errors import DeliveryRefused

_SPELLING = {name.lower(): name for name in (*focus.COLUMNS, INHERITED)}
# What the mappings, the rollup and the export put beside a file's columns. In lower case: SQL sees none.
_OURS = frozenset({
    "x_row", "x_count", "x_is_commitment", "x_iscommitment", "x_excluded", "x_sourcecost", "h",
    "x_sourcefile", "x_sourcerow", "x_filled", "x_replaced",
    "billing_period", "account", "counts", "cell", "masked",
})  # fmt: skip
_OUR_BEGINNINGS = ("x_text_", "step_", "i_")
_BRACES = str.maketrans({"{": "(", "}": ")", "\x00": "_"})  # mappings have places in braces


def spelled(columns: Collection[str]) -> set[str]:
    """The columns, those of FOCUS as it spells them."""
    return {_SPELLING.get(own.strip().lower(), own) for own in columns}


def named(head: Head) -> dict[str, str]:
    """Name here → the file's own name. FOCUS columns are matched without regard to case, for warehouses lower-case
    them. Raises `DeliveryRefused` for two columns of one name."""
    found: dict[str, str] = {}
    taken: dict[str, str] = {}
    for own in head.columns:
        name = _SPELLING.get(own.strip().lower(), own)
        if name.lower() in taken:
            raise DeliveryRefused(
                str(head.path),
                f'has two columns that mean {name}: "{taken[name.lower()]}" and "{own}". Remove one.',
            )
        taken[name.lower()] = own
        found[name] = own
    return {_free(name, taken): own for name, own in found.items()}


def _free(name: str, taken: dict[str, str]) -> str:
    """The name, or the next best one; a new one is added to those that are taken."""
    plain = name.translate(_BRACES)
    if plain.lower() in _OURS or plain.lower().startswith(_OUR_BEGINNINGS):
        plain = "x_file_" + re.sub("^x_", "", plain, flags=re.IGNORECASE)
    if plain == name:
        return name
    while plain.lower() in taken:
        plain += "_"
    taken[plain.lower()] = name
    return plain
