"""What must a billing connector say about one file, so that its bill lines can become charges?

A connector opens a file as `raw`, a relation with one row per bill line, and says where the money, the day,
the tags and everything that identifies a charge stand. The rollup groups by hashes of the file's own columns
and normalizes only the few distinct rows behind them: normalizing every cell of every line would cost more
than reading the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BadRow:
    """A test of one raw row: where `condition` holds the row is quarantined with this column, reason, and the
    text that the SQL expression `text` gives (the column itself where empty)."""

    column: str
    condition: str
    reason: str
    text: str = ""


@dataclass(frozen=True)
class Lines:
    """One opened bill file.

    raw               relation: bill lines with `x_row` (1 = first record) and `x_count` (1; 0 for a row that the
                      connector derives from a line, such as its credits)
    dim_columns       columns of `raw` that decide the dimensions of a charge
    book_columns      those of them that decide period, provider, billing account and currency
    tag_columns       columns of `raw` that decide the tags
    types             SQL type of each of these columns
    dims_sql          SELECT over `{raw}`: column `h` passed through, then the dimensions, FOCUS-named, normalized
    tags_sql          SELECT over `{raw}`: `h`, then the line's own tag cells as JSON text, the strongest first
    inherited_sql     SELECT over `{raw}` (dim columns): `h`, tags that the bill took from a container; or None
    billed, effective expressions over raw: DECIMAL(38,24), NULL where the cell is no exact number
    day               expression over raw: days since 1970-01-01 UTC, NULL where unreadable
    resource          expression over raw: the resource id as billed, NULL where the line has none
    excluded          expression over raw: the rule by which a line is left out, else NULL
    raw_cost          expression over raw: the format's own cost column, called `raw_column` by its users
    steps             named expressions over raw; raw_cost + all of them = billed, on every line
    view              what the file can say: `both`; `billed` (actual cost only: effective is a stand-in);
                      `effective` (amortized cost only: billed is a stand-in)
    line_columns      columns of `raw` by which two files are compared line by line (export metadata aside)
    rejected          rows that no parser takes: (row number, reason, text)
    """

    raw: str
    format: str
    dim_columns: tuple[str, ...]
    book_columns: tuple[str, ...]
    tag_columns: tuple[str, ...]
    types: Mapping[str, str]
    dims_sql: str
    tags_sql: str
    inherited_sql: str | None
    billed: str
    effective: str
    day: str
    resource: str
    version: str | None
    has_effective: bool
    has_resources: bool
    excluded: str = "NULL::VARCHAR"
    raw_cost: str = ""
    raw_column: str = "BilledCost"
    steps: Mapping[str, str] = field(default_factory=dict)
    view: str = "both"
    unknown_columns: tuple[str, ...] = ()
    bad_rows: tuple[BadRow, ...] = ()
    line_columns: tuple[str, ...] = ()
    rejected: tuple[tuple[int, str, str], ...] = ()
    residue_rows: int = 0
    residue: str = "0"

    @property
    def tagged(self) -> bool:
        return bool(self.tag_columns)
