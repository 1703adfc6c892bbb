"""To which ServiceCategory and ServiceSubcategory does a service belong? Names from `configs/service_categories.yaml`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml

from recon.focus_export.model import subcategories
from recon.focus_export.words import fold, looked_up


@cache
def service_table() -> dict[str, str]:
    """Folded service name or product code → ServiceSubcategory (which has one parent category)."""
    text = (files("configs") / "service_categories.yaml").read_text(encoding="utf-8")
    listed: dict[str, dict[str, list[str]]] = yaml.safe_load(text)["services"]
    return {fold(n): sub for under in listed.values() for sub, names in under.items() for n in names}


def listed_subcategory() -> str:
    """SQL: the subcategory that the table gives ServiceName, else the product code; NULL for an unknown service."""
    return f"coalesce({looked_up('ServiceName', service_table())}, {looked_up('_service_code', service_table())})"


def category_of(subcategory: str) -> str:
    """SQL: the one parent of the ServiceSubcategory that the SQL text `subcategory` gives."""
    return looked_up(subcategory, {fold(s): c for c, under in subcategories().items() for s in under})
