"""What is each account called, and which folders does it lie in, as the inventory says now?

An account's folder is the path of what it lies in, from the outermost known container to the nearest: organizational
units, folders, management groups, by name, else by the last part of their id. A slash in a name is written %2F.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from recon.providers import provider

_PLAIN_TYPES = ("account", "subscription", "project")


@dataclass(frozen=True)
class AccountPlace:
    """`name` and `folder` are None where the inventory does not tell them."""

    account: str
    name: str | None
    folder: str | None


def account_places(con: duckdb.DuckDBPyConnection, provider_id: str) -> list[AccountPlace]:
    """The accounts, subscriptions and projects of a provider that the inventory shows, by id."""
    types = sorted({*(t.lower() for t in provider(provider_id).account_types), *_PLAIN_TYPES})
    accounts = con.execute(
        "SELECT account_id, arg_min(resource_name, folded_id) FILTER (resource_name IS NOT NULL), "
        "arg_min(container_id, folded_id) FILTER (container_id IS NOT NULL) FROM base.resource "
        "WHERE provider_id = ? AND lower(resource_type) IN (SELECT unnest(?::VARCHAR[])) AND account_id IS NOT NULL GROUP BY ALL ORDER BY ALL",
        [provider_id, types],
    ).fetchall()
    nearest = sorted({container for _, _, container in accounts if container})
    above = _containers(con, provider_id, nearest)
    return [AccountPlace(account, name, _path(container, above)) for account, name, container in accounts]


def _containers(
    con: duckdb.DuckDBPyConnection, provider_id: str, nearest: list[str]
) -> dict[str, tuple[str | None, str | None]]:
    """Folded id → name and what it lies in, of `nearest` and all that they lie in."""
    rows = con.execute(
        "WITH RECURSIVE up AS (SELECT unnest(?::VARCHAR[]) AS id UNION SELECT r.container_id FROM up JOIN base.resource r "
        "ON r.provider_id = ? AND r.folded_id = up.id WHERE r.container_id IS NOT NULL) "
        "SELECT r.folded_id, min(r.resource_name), min(r.container_id) FROM base.resource r JOIN up ON r.folded_id = up.id "
        "WHERE r.provider_id = ? GROUP BY ALL",
        [nearest, provider_id, provider_id],
    ).fetchall()
    return {folded: (name, container) for folded, name, container in rows}


def _path(container: str | None, above: dict[str, tuple[str | None, str | None]]) -> str | None:
    parts: list[str] = []
    passed: set[str] = set()
    while container and container not in passed:
        passed.add(container)
        name, outer = above.get(container, (None, None))
        parts.append((name or container.rstrip("/").rpartition("/")[2]).replace("/", "%2F"))
        container = outer
    return "/".join(reversed(parts)) or None
