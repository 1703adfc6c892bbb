"""What may a user's own template read? The stable views, by name, a bounded number of rows."""

from __future__ import annotations

from reports.questions import STABLE_VIEWS, Row, Store

_MOST = 100_000


class UserViews:
    """`view("ledger", limit=500)` inside a template; rows are dicts by column name, in a fixed order."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def rows(self, name: str, limit: int = 1_000) -> list[Row]:
        """Rows of one stable view. ValueError for another name: the sandbox reads no file and no private
        table.
        """
        if name not in STABLE_VIEWS:
            raise ValueError(f"view {name!r} is not known. Use one of {', '.join(STABLE_VIEWS)}.")
        return self._store.ask(f"{self._store.select_all(name)} LIMIT {min(int(limit), _MOST)}")
