"""How do a cost or an instant of any column type become exact, in SQL?

A binary double means its shortest round-trip decimal. Casting it to a scale at which it is still finer than the
scale's own steps, and widening, gives just that wherever the cast round-trips; all others go by their text, which
is exact and slow. Casting further than that brings binary noise into the digits: 8537484.04 at scale 12 is
8537484.039999998976, which round-trips too.
"""

from __future__ import annotations

from recon.money import INTEGER_DIGITS, SQL_TYPE

_PLAIN_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?"
_COMMA_NUMBER = (
    "[+-]?(\\d+|\\d{1,3}([. \u00a0\u202f]\\d{3})+),\\d+"  # as a European spreadsheet writes 1234.5
)
_FINER_THAN = {
    12: "4096",
    6: "4096e6",
}  # scale → below this two neighbouring doubles are closer than half its steps
_MAY_BE_DEEP = "1e-8"  # a double has 17 digits at most: from here on they end before the 25th decimal


def exact_sql(column: str, sql_type: str) -> str:
    """A DECIMAL(38,24) expression over `column`; NULL where it holds no number of at most 14 integer digits."""
    kind = sql_type.upper()
    if kind in ("DOUBLE", "FLOAT"):
        by_text = f"try_cast({column}::VARCHAR AS {SQL_TYPE})"
        cases = "".join(_by_cast(column, scale, below, by_text) for scale, below in _FINER_THAN.items())
        return f"CASE {cases if kind == 'DOUBLE' else ''}WHEN abs({column}) < 1e{INTEGER_DIGITS} THEN {by_text} END"
    if kind.startswith(("DECIMAL", "INTEGER")) or kind.endswith("INT"):
        return f"try_cast({column} AS {SQL_TYPE})"
    text = (
        f"trim({column})" if kind == "VARCHAR" else f"trim({column}::VARCHAR)"
    )  # a date or a list is no number
    return f"CASE WHEN regexp_full_match({text}, '{_PLAIN_NUMBER}') THEN try_cast({text} AS {SQL_TYPE}) END"


def _by_cast(column: str, scale: int, below: str, by_text: str) -> str:
    # try_cast: DuckDB may look at a cast before the condition that it stands behind
    cast = f"try_cast({column} AS DECIMAL(38,{scale}))"
    return f"WHEN abs({column}) < {below} THEN CASE WHEN {cast}::DOUBLE = {column} THEN {cast}::{SQL_TYPE} ELSE {by_text} END "


def deep_sql(column: str, sql_type: str) -> str | None:
    """A condition: the value may have more than 24 decimals, so that `recon.money.exact` must round it
    half-even and count the residue. None where the column's type can't hold such a value."""
    kind = sql_type.upper()
    if kind in ("DOUBLE", "FLOAT"):
        # CASE, for AND does not promise to look at its cheap side first, and text of every amount is dear
        may_be = f"abs({column}) < {_MAY_BE_DEEP} AND {column} <> 0"
        return f"CASE WHEN {may_be} THEN {_more_than_24(f'{column}::VARCHAR')} ELSE false END"
    return f"({_more_than_24(f'trim({column})')})" if kind == "VARCHAR" else None


def has_comma_sql(text: str) -> str:
    """A condition: the text is a number with a decimal comma. Such a number is not read, for a comma may also stand
    between thousands."""
    return f"coalesce(regexp_full_match(trim({text}), '{_COMMA_NUMBER}'), false)"


def _more_than_24(text: str) -> str:
    decimals = f"length(regexp_extract({text}, '\\.(\\d*)', 1))"
    exponent = f"coalesce(try_cast(nullif(regexp_extract({text}, '[eE]([+-]?\\d+)$', 1), '') AS INTEGER), 0)"
    return f"{decimals} - {exponent} > 24"


def instant_sql(column: str, sql_type: str) -> str:
    """Microseconds since 1970 UTC (BIGINT) of an instant column; NULL where it can't be read."""
    kind = sql_type.upper()
    if kind == "DATE":
        return f"epoch_us({column}::TIMESTAMP)"
    if kind.startswith("TIMESTAMP"):
        return f"epoch_us({column})"
    return f"text_us(cell({column}))" if kind == "VARCHAR" else f"text_us(cell({column}::VARCHAR))"
