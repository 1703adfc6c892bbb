"""How do a cost or an instant of any column type become exact, in SQL?

A binary double means its shortest round-trip decimal. Casting it to scale 12 first and widening gives just
that wherever the cast round-trips; the few others go by their text. Casting a double straight to scale 24
would bring binary noise into the last digits.
"""

from __future__ import annotations

from recon.money import INTEGER_DIGITS, SQL_TYPE

_PLAIN_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"


def exact_sql(column: str, sql_type: str) -> str:
    """A DECIMAL(38,24) expression over `column`; NULL where it holds no number of at most 14 integer digits."""
    kind = sql_type.upper()
    if kind in ("DOUBLE", "FLOAT"):
        return (
            f"CASE WHEN abs({column}) < 1e{INTEGER_DIGITS} THEN "
            f"CASE WHEN {column}::DECIMAL(38,12)::{kind} = {column} THEN {column}::DECIMAL(38,12)::{SQL_TYPE} "
            f"ELSE try_cast({column}::VARCHAR AS {SQL_TYPE}) END END"
        )
    if kind == "VARCHAR":
        number = f"regexp_full_match(trim({column}), '{_PLAIN_NUMBER}')"
        return f"CASE WHEN {number} THEN try_cast(trim({column}) AS {SQL_TYPE}) END"
    return f"try_cast({column} AS {SQL_TYPE})"


def deep_sql(column: str, sql_type: str) -> str | None:
    """A condition: the value may have more than 24 decimals, so that `recon.money.exact` must round it
    half-even and count the residue. None where the column's type can't hold such a value."""
    kind = sql_type.upper()
    if kind in ("DOUBLE", "FLOAT"):
        text = f"{column}::VARCHAR"
        guard = f"abs({column}) < 1e{INTEGER_DIGITS} AND {column}::DECIMAL(38,12)::{kind} <> {column} AND "
    elif kind == "VARCHAR":
        text, guard = f"trim({column})", ""
    else:
        return None
    decimals = f"length(regexp_extract({text}, '\\.(\\d*)', 1))"
    exponent = f"coalesce(try_cast(nullif(regexp_extract({text}, '[eE]([+-]?\\d+)$', 1), '') AS INTEGER), 0)"
    return f"({guard}{decimals} - {exponent} > 24)"


def instant_sql(column: str, sql_type: str) -> str:
    """Microseconds since 1970 UTC (BIGINT) of an instant column; NULL where it can't be read."""
    if sql_type.upper() == "VARCHAR":
        return f"text_us(cell({column}))"
    if sql_type.upper() == "DATE":
        return f"epoch_us({column}::TIMESTAMP)"
    return f"epoch_us({column})"
