"""What when a key is declared sensitive (or no longer) after its values were stored?

Every place that may hold a value of a tag is masked again, and the store's file is written anew: a freed
block would still hold the old text. Reports published before are files of their own and stay as they were.
"""

from __future__ import annotations

import duckdb

from recon.store.masking import Masker
from recon.store.store import Limits, StorePaths, connect, create_schema, read_meta, write_meta

_KEPT_WORDS = "the evidence was removed when the key was declared sensitive; run again to see it anew"


def remask(con: duckdb.DuckDBPyConnection, masker: Masker, declared: str, owner_key: str) -> bool:
    """Mask stored values as the registry, whose owner key is `owner_key`, now asks. `declared` names the keys declared sensitive; where it is
    what the store was made with nothing happens. True when the store's file must be written anew."""
    before = read_meta(con, "sensitive")
    write_meta(con, "sensitive", declared)
    if before is None or before == declared:
        return False
    rows = con.execute("SELECT DISTINCT tag_key, tag_value FROM base.tagset_entry").fetchall()
    changed = []
    for key, shown in rows:
        raw = masker.raw(shown)
        wanted = masker.token(raw) if masker.hides(key, raw) else raw
        if wanted != shown:
            changed.append((key, shown, wanted))
    con.execute("CREATE OR REPLACE TEMP TABLE remasked (tag_key VARCHAR, shown VARCHAR, wanted VARCHAR)")
    if changed:
        con.executemany("INSERT INTO remasked VALUES (?, ?, ?)", changed)
    con.execute(
        "UPDATE base.tagset_entry e SET tag_value = r.wanted FROM remasked r "
        "WHERE e.tag_key = r.tag_key AND e.tag_value = r.shown"
    )
    _frozen_owners(con, masker, owner_key)
    con.execute("DELETE FROM base.value")  # every period is judged again: the registry has changed
    con.execute("UPDATE base.finding SET evidence = '{}', reason = ?", [_KEPT_WORDS])
    con.execute("UPDATE base.quarantine SET text = NULL")
    con.execute("DELETE FROM base.drift")
    con.execute("DELETE FROM base.fix_action")
    con.execute("DELETE FROM base.suggestion")
    con.execute("UPDATE base.meta SET value = NULL WHERE name = 'summary'")
    return True


def _frozen_owners(con: duckdb.DuckDBPyConnection, masker: Masker, owner_key: str) -> None:
    """Owners on frozen entries are values of the owner key: shown, or hidden, as it asks now."""
    rows = con.execute("SELECT DISTINCT owner FROM base.frozen_entry WHERE owner IS NOT NULL").fetchall()
    for (shown,) in rows:
        raw = masker.raw(shown)
        wanted = masker.token(raw) if masker.hides(owner_key, raw) else raw
        if wanted != shown:
            con.execute(
                "UPDATE base.frozen_entry SET owner = $new, account = 'owner:' || $new WHERE owner = $old",
                {"new": wanted, "old": shown},
            )


def rewrite(paths: StorePaths, limits: Limits) -> None:
    """Write the closed working copy into a fresh file, so that no freed block keeps what was masked."""
    fresh = paths.work.with_name(paths.work.name + ".fresh")
    fresh.unlink(missing_ok=True)
    con = connect(fresh, limits, paths.spill)
    try:
        create_schema(con)
        con.execute(f"ATTACH '{str(paths.work).replace(chr(39), chr(39) * 2)}' AS old (READ_ONLY)")
        tables = con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE database_name = 'old' AND schema_name = 'base' ORDER BY 1"
        ).fetchall()
        for (table,) in tables:
            con.execute(f'INSERT INTO base."{table}" SELECT * FROM old.base."{table}"')
        con.execute("DETACH old")
        con.execute("CHECKPOINT")
    finally:
        con.close()
    fresh.chmod(0o600)
    fresh.replace(paths.work)
