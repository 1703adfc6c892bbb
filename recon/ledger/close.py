"""Do the books close? Source = quarantined + charges, and charges = ledger, to the last digit.

Proved per billing period × provider × billing account × currency, for BilledCost and EffectiveCost alike,
from three independent sums: each file's own pass, the charges, what is posted (entries; for a closed book its frozen
entries and their adjustments). A difference is our bug.
"""

from __future__ import annotations

import duckdb

from recon.errors import OurBug
from recon.frames import one
from recon.money import plain

_CLOSING = """
INSERT INTO base.closing
WITH source AS (
    SELECT f.billing_period, f.provider_id, f.billing_account_id, f.currency, sum(f.source_rows) AS n, sum(f.excluded_rows) AS x,
           sum(CASE WHEN f.counts = 'effective' THEN 0 ELSE f.billed END) AS b,
           sum(CASE WHEN f.counts = 'billed' THEN 0 ELSE f.effective END) AS e,
           sum(CASE WHEN f.counts = 'effective' THEN 0 ELSE f.raw_cost END) AS raw,
           string_agg(DISTINCT s.raw_column, ', ' ORDER BY s.raw_column) FILTER (f.counts <> 'effective') AS raw_column
    FROM base.file_book f JOIN base.source_file s USING (file_no) WHERE f.in_force GROUP BY ALL
), quarantined AS (
    SELECT q.billing_period, q.provider_id, q.billing_account_id, q.currency, count(*) FILTER (q.row_number > 0) AS n,
           coalesce(sum(CASE WHEN f.counts = 'effective' THEN 0 ELSE q.billed END), 0) AS b,
           coalesce(sum(CASE WHEN f.counts = 'billed' THEN 0 ELSE q.effective END), 0) AS e
    FROM base.quarantine q JOIN base.file_book f ON f.file_no = q.file_no AND f.in_force AND f.billing_period = q.billing_period
     AND f.provider_id = q.provider_id AND f.billing_account_id = q.billing_account_id AND f.currency = q.currency
    GROUP BY ALL
), charged AS (
    SELECT book_no, count(*) AS n, sum(lines) AS lines, sum(billed) AS b, sum(effective) AS e FROM base.charge GROUP BY ALL
), posted AS (
    SELECT book_no, sum(billed) AS b, sum(effective) AS e FROM base.posted GROUP BY ALL
), told AS (
    SELECT billing_period, provider_id, billing_account_id, currency, min_by(total, rank) AS total, min_by(said_by, rank) AS said_by
    FROM base.control GROUP BY ALL
), named AS (
    SELECT book_no, any_value(provider_name ORDER BY provider_name) AS provider FROM base.charge_dim GROUP BY ALL
)
SELECT s.billing_period, coalesce(nm.provider, s.provider_id), s.provider_id, s.billing_account_id, s.currency,
       s.b, coalesce(q.b, 0), coalesce(c.b, 0), coalesce(p.b, 0), s.b - coalesce(q.b, 0) - coalesce(p.b, 0),
       s.e, coalesce(q.e, 0), coalesce(c.e, 0), coalesce(p.e, 0), s.e - coalesce(q.e, 0) - coalesce(p.e, 0),
       s.n, coalesce(q.n, 0), s.x, coalesce(c.n, 0),
       s.raw, s.raw_column, t.total, t.total - s.b, t.said_by
FROM source s
JOIN base.book bk USING (billing_period, provider_id, billing_account_id, currency)
LEFT JOIN quarantined q USING (billing_period, provider_id, billing_account_id, currency)
LEFT JOIN told t USING (billing_period, provider_id, billing_account_id, currency)
LEFT JOIN charged c ON c.book_no = bk.book_no LEFT JOIN posted p ON p.book_no = bk.book_no LEFT JOIN named nm ON nm.book_no = bk.book_no
ORDER BY ALL"""

_OPEN = """
SELECT * FROM (
SELECT billing_period || ' ' || provider_id || ' ' || billing_account_id || ' ' || currency AS book,
       source_billed, quarantined_billed, charges_billed, ledger_billed, source_effective, quarantined_effective,
       charges_effective, ledger_effective, source_rows, quarantined_rows, excluded_rows,
       coalesce((SELECT sum(c.lines) FROM base.charge c JOIN base.book b USING (book_no) WHERE b.billing_period = k.billing_period
         AND b.provider_id = k.provider_id AND b.billing_account_id = k.billing_account_id AND b.currency = k.currency), 0) AS lines
FROM base.closing k)
WHERE source_billed <> quarantined_billed + charges_billed OR charges_billed <> ledger_billed
   OR source_effective <> quarantined_effective + charges_effective OR charges_effective <> ledger_effective
   OR source_rows <> quarantined_rows + excluded_rows + lines
ORDER BY 1"""


_WITHOUT_BILL = """
SELECT b.billing_period || ' ' || b.provider_id || ' ' || b.billing_account_id || ' ' || b.currency, sum(p.billed), sum(p.effective)
FROM base.posted p JOIN base.book b USING (book_no) WHERE p.book_no NOT IN (SELECT book_no FROM base.charge)
GROUP BY ALL HAVING sum(p.billed) <> 0 OR sum(p.effective) <> 0 ORDER BY ALL"""


def close(con: duckdb.DuckDBPyConnection) -> None:
    """Rebuild `base.closing`; raises `OurBug` naming the first book that does not close to 0."""
    con.execute("DELETE FROM base.closing")
    con.execute(_CLOSING)
    row = one(con, _WITHOUT_BILL)
    if row is not None:
        raise OurBug(
            f"the books of {row[0]} do not close: no charge is left, but {plain(row[1])} (EffectiveCost {plain(row[2])}) stays posted. "
            "Nothing was published."
        )
    row = one(con, _OPEN)
    if row is None:
        return
    book, sb, qb, cb, lb, se, qe, ce, le, rows, bad, excluded, lines = row
    raise OurBug(
        f"the books of {book} do not close: BilledCost source {plain(sb)}, quarantined {plain(qb)}, charges {plain(cb)}, "
        f"ledger {plain(lb)}; EffectiveCost {plain(se)}, {plain(qe)}, {plain(ce)}, {plain(le)}; rows {rows}, "
        f"quarantined {bad}, left out {excluded}, charged {lines}. Nothing was published."
    )
