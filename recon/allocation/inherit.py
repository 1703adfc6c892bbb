"""Which text does a charge take over from its account, folder, resource group, tag or another dimension?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from recon.allocation.columns import ACCOUNT_NAME, DIMENSION, FOLDER, GROUP, TAG
from recon.hostile import MASK

Transform = Literal["lower", "slug"]
# As written → the column that a row has.
SOURCES: Mapping[str, str] = {"account_name": ACCOUNT_NAME, "folder": FOLDER, "resource_group": GROUP}


def source_column(written: str) -> str | None:
    """The column behind `inherit: <written>`; None where there is no such source."""
    return written if written.startswith((TAG, DIMENSION)) else SOURCES.get(written)


def inherited(column: str, text: str | None, transform: Transform | None) -> str | None:
    """What is taken over from `text`, the column's value: of a folder its last part; None where nothing is left.
    What stands for a masked value stays as it is.

    >>> inherited("account:folder", "Root/Prod/Web Shop", "slug")
    'web-shop'
    """
    if text is None or MASK.fullmatch(text):
        return text
    if column == FOLDER:
        text = text.rpartition("/")[2]
    if transform == "lower":
        text = text.lower()
    if transform == "slug":
        text = re.sub(r"[\W_]+", "-", text.lower()).strip("-")
    return text if text.strip() else None
