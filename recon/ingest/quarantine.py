"""Which bill lines could not be loaded, and why? Each keeps its file, row, column and reason.

It keeps the text of its cell too, for people, unless that may be sensitive: a tag cell that can't be read doesn't
say under which key its values stand, so it is never published, nor is a whole line with such a cell.
"""

from __future__ import annotations

import duckdb

from recon.hostile import SECRET, looks_secret
from recon.ingest.lines import Lines
from recon.ingest.rollup import dim_hash, tag_hash

_TEXT_LIMIT = 500
_SHOWN = f"CASE WHEN NOT regexp_matches(why.t, $secret) THEN substr(why.t, 1, {_TEXT_LIMIT}) END"


def quarantine_rows(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int) -> None:
    """List the file's unloadable rows in `base.quarantine`, with their money where it can be read.

    Call after `rollup_file`: dimensions and tags were judged by hash in `dim_map` and `tag_map`.
    """
    con.execute("DELETE FROM base.quarantine WHERE file_no = ?", [file_no])
    cases = [
        f"WHEN coalesce({bad.condition}, false) THEN struct_pack(c := '{bad.column}', r := '{bad.reason}', "
        f"t := ({bad.text or bad.column})::VARCHAR)"
        for bad in lines.bad_rows
    ]
    cases.append(
        "WHEN d.problem IS NOT NULL THEN struct_pack(c := split_part(d.problem, '|', 1), "
        "r := substr(d.problem, strpos(d.problem, '|') + 1), t := NULL::VARCHAR)"
    )
    cases.append(
        "WHEN t.problem IS NOT NULL THEN struct_pack(c := 'Tags', r := t.problem, t := NULL::VARCHAR)"
    )
    # rows that a connector derives from a line (its credits) share its number: one line, one entry, all its money
    con.execute(
        f"INSERT INTO base.quarantine SELECT $file, coalesce(x_row, 0), any_value(why.c ORDER BY x_count DESC, why.c), "
        f"any_value(why.r ORDER BY x_count DESC, why.c), any_value({_SHOWN} ORDER BY x_count DESC, why.c), "
        "billing_period, provider_id, billing_account_id, currency, sum(billed), sum(effective) FROM ("
        f"SELECT l.x_row, l.x_count, CASE {' '.join(cases)} END AS why, d.billing_period, d.provider_id, d.billing_account_id, "
        f"d.currency, {lines.billed} AS billed, {lines.effective} AS effective FROM (SELECT *, {dim_hash(lines)} AS h_dim, "
        f"{tag_hash(lines)} AS h_tag FROM {lines.raw} WHERE {lines.excluded} IS NULL) l LEFT JOIN dim_map d ON d.h = l.h_dim "
        "LEFT JOIN tag_map t ON t.h = l.h_tag) WHERE why IS NOT NULL "
        "GROUP BY x_row, billing_period, provider_id, billing_account_id, currency ORDER BY x_row",
        {"file": file_no, "secret": SECRET.pattern},
    )
    quarantine_rejects(con, lines, file_no)


def quarantine_rejects(con: duckdb.DuckDBPyConnection, lines: Lines, file_no: int) -> None:
    """List rows that the CSV parser itself refused; their money is not known, nor which of their text is a tag."""
    for row, reason, text in lines.rejected:
        con.execute(
            "INSERT INTO base.quarantine VALUES (?, ?, NULL, ?, ?, NULL, NULL, NULL, NULL, NULL, NULL)",
            [file_no, row, reason, None if lines.tagged or looks_secret(text) else text[:_TEXT_LIMIT]],
        )
