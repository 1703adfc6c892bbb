"""Which spelling has a value of a closed list? Case, blanks and hyphens don't count; old names become new ones."""

from __future__ import annotations

from recon.focus_export.model import every_column, provider_words, subcategories
from recon.focus_export.rule import Rule
from recon.focus_export.words import fold, looked_up, text

# FOCUS before 1.0 and the providers' own words: Azure's pricing models, Google's lower-case categories.
_OLD = {
    "PricingCategory": {"On-Demand": "Standard", "Commitment-Based": "Committed", "Spot": "Dynamic"},
}
_UNITS = ("CommitmentDiscountUnit", "ConsumedUnit", "PricingUnit")
_WHY = "spelled as the specification does; a value it does not allow is taken away"


def spelling_rules() -> tuple[Rule, ...]:
    """One rule per column with a closed list, and per unit."""
    lists = {c.name: c.allowed for c in every_column() if c.allowed}
    lists["ServiceCategory"] = tuple(subcategories())
    lists["ServiceSubcategory"] = tuple(s for under in subcategories().values() for s in under)
    return (
        *(Rule(column, looked_up(column, _table(column, lists[column])), _WHY) for column in sorted(lists)),
        *(
            Rule(column, _unit(column), "the price list's abbreviation written out; never converted")
            for column in _UNITS
        ),
    )


def _unit(column: str) -> str:
    cases = " ".join(
        f"WHEN {text(short)} THEN {text(unit)}" for short, unit in provider_words()["units"].items()
    )
    return f"CASE {column} {cases} ELSE {column} END"


def _table(column: str, allowed: tuple[str, ...]) -> dict[str, str]:
    old = {fold(word): new for word, new in _OLD.get(column, {}).items()}
    return {**old, **{fold(value): value for value in allowed}}
