"""What must a billing connector say about one file, so that its bill lines can become charges?

A connector opens a file as `raw`, a relation with one row per bill line, and says with SQL expressions over
it where the money, the day, the tags and everything that identifies a charge stand. The rollup groups by
hashes of the raw columns and applies `dims_sql` to the few distinct rows only: normalizing every cell of
every line would cost more than reading the file.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BadRow:
    """A test of one raw row: where `condition` holds the row is quarantined with this column and reason."""

    column: str
    condition: str
    reason: str


@dataclass(frozen=True)
class TagCell:
    """A column of tags: its name in `raw`, and the SQL that gives its text (JSON)."""

    column: str
    text: str


@dataclass(frozen=True)
class Lines:
    """One opened bill file.

    raw               relation: one row per bill line, with `x_row` (1 = first record) and raw columns
    dim_columns       columns of `raw` that decide the dimensions of a charge
    book_columns      those of them that decide period, provider, billing account and currency
    dims_sql          SELECT over `{raw}`: column `h` passed through, then the dimensions, FOCUS-named, normalized
    billed, effective expressions over raw: DECIMAL(38,24), NULL where the cell is no exact number
    day               expression over raw: days since 1970-01-01 UTC, NULL where unreadable
    resource          expression over raw: the resource id as billed, NULL where the line has none
    tags              the line's own tags, the strongest column first
    inherited_tags    tags that the bill took from a container, or None
    line_columns      columns of `raw` by which two files are compared line by line (export metadata aside)
    rejected          rows that no parser takes: (row number, reason, text)
    """

    raw: str
    dim_columns: tuple[str, ...]
    book_columns: tuple[str, ...]
    dims_sql: str
    billed: str
    effective: str
    day: str
    resource: str
    tags: tuple[TagCell, ...]
    inherited_tags: TagCell | None
    version: str
    has_effective: bool
    has_resources: bool
    unknown_columns: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    line_columns: tuple[str, ...] = ()
    rejected: tuple[tuple[int, str, str], ...] = ()
    residue_rows: int = 0
    residue: str = "0"
