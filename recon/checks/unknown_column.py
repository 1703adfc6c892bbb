"""Question: Which columns of a bill does FOCUS not know?

Why: Nothing is lost: the column is kept out of the charges and named here. A new column may be a newer
release of the export, or a misspelled one whose content nobody reads.

What to do: If an allocation rule should read it, name it `x_…` in the export; if it is misspelled, mend
the export.
"""

from __future__ import annotations

import polars as pl

from recon.checks.context import Context
from recon.checks.found import Found, as_frame, file_label
from recon.hostile import shown

CHECK_ID = "unknown-column"
SEVERITY = "low"

_FILES = """
SELECT source, path, unknown_columns FROM base.source_file
WHERE status = 'loaded' AND coalesce(unknown_columns, '') <> '' ORDER BY ALL"""


def find(ctx: Context) -> pl.DataFrame:
    """One finding per source and column; `key` is the column."""
    files: dict[tuple[str, str], list[str]] = {}
    for source, path, columns in ctx.con.execute(_FILES).fetchall():
        for column in columns.split(", "):
            files.setdefault((source, column), []).append(file_label(source, path))
    return as_frame(
        Found(
            CHECK_ID,
            SEVERITY,
            f"The bill carries a column {shown(column, 80)}, which FOCUS does not know and no rule reads.",
            resource_id=source,
            key=column,
            evidence={"files": len(found), "first_file": found[0]},
        )
        for (source, column), found in sorted(files.items())
    )
