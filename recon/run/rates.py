"""At which rates does this store show its totals in the reporting currency, and what can't be converted?"""

from __future__ import annotations

import duckdb

from recon.config import RunConfig
from recon.hostile import shown
from recon.metrics.cells import recent_periods
from recon.model import Gap
from recon.rates import Rate, read_rates
from recon.store.store import write_meta

# a month may hold adjustments of closed months and no charge
_SHOWN = """
SELECT currency, list(DISTINCT billing_period ORDER BY billing_period) FROM (
    SELECT currency, billing_period FROM base.book WHERE book_no IN (SELECT book_no FROM base.charge)
    UNION SELECT BillingCurrency, billing_period FROM ledger
) WHERE billing_period >= $since GROUP BY currency ORDER BY currency"""


def check_rates(cfg: RunConfig) -> None:
    """Raises InputError or InputErrors where the table of rates is wrong."""
    if cfg.reporting is not None:
        read_rates(cfg.reporting.rates)


def take_rates(con: duckdb.DuckDBPyConnection, cfg: RunConfig) -> list[Gap]:
    """Replace the store's rates by those of the table; a limitation for each currency that it lacks rates for."""
    con.execute("DELETE FROM base.rate")
    write_meta(con, "reporting_currency", cfg.reporting.currency if cfg.reporting else "")
    if cfg.reporting is None:
        return []
    rates = read_rates(cfg.reporting.rates)
    for rate in rates:
        con.execute(
            "INSERT INTO base.rate VALUES (?, ?, ?, ?, ?)",
            [rate.month, rate.base, rate.quote, rate.rate, rate.source],
        )
    return _missing(con, rates, cfg.reporting.currency)


def _missing(con: duckdb.DuckDBPyConnection, rates: list[Rate], wanted: str) -> list[Gap]:
    """One limitation for each currency, however many months it lacks."""
    known = {(rate.month, rate.base, rate.quote) for rate in rates}
    found = []
    for currency, posted in con.execute(_SHOWN, {"since": min(recent_periods(con), default="")}).fetchall():
        months = [month for month in posted if (month, currency, wanted) not in known]
        if months and currency != wanted:
            turned = any((month, wanted, currency) in known for month in months)
            reason = _reason(months, shown(currency, 40), wanted, turned)
            scope = f"{currency} to {wanted}"
            found.append(Gap("no-rate", scope, reason, touched=tuple(months), limitation=True))
    return found


def _reason(months: list[str], currency: str, wanted: str, turned: bool) -> str:
    other = f" (rates from {wanted} to {currency} are not inverted)" if turned else ""
    return (
        f"the table of rates has none for {', '.join(months)}{other}: these costs are not converted; "
        f"add a line such as {months[-1]},{currency},{wanted},<rate>,<source>"
    )
