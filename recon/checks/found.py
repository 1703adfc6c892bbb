"""What does a check hand back? Rows of one shape, whatever the check looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import PurePath

import polars as pl

from recon.model import short_id

COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "check_id": pl.String,
    "severity": pl.String,
    "provider_id": pl.String,
    "billing_account_id": pl.String,
    "sub_account_id": pl.String,
    "resource_id": pl.String,
    "key": pl.String,
    "reason": pl.String,
    "evidence": pl.String,
    "owner": pl.String,
    "currency": pl.String,
    "billed_at_stake": pl.Decimal(38, 24),
    "effective_at_stake": pl.Decimal(38, 24),
    "open": pl.Boolean,
}


@dataclass(frozen=True)
class Found:
    """One thing that is wrong.

    `resource_id`: the inventory's id where the bill's was matched, else the bill's; for findings about a
    delivery, the file. `key`: the tag key, or the column or category that the finding is about. `owner`: who
    should act, None = not known. Money is in `currency`, over the newest period with the defect; None where a
    finding has no price of its own. `open`: it is still so.
    """

    check_id: str
    severity: str
    reason: str
    provider_id: str | None = None
    billing_account_id: str | None = None
    sub_account_id: str | None = None
    resource_id: str | None = None
    key: str | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)
    owner: str | None = None
    currency: str | None = None
    billed_at_stake: Decimal | None = None
    effective_at_stake: Decimal | None = None
    open: bool = True

    @property
    def finding_id(self) -> str:
        """The same for the same thing in every run: check, provider, account, resource and key only. The
        account is the billing account where a finding is about all of one."""
        account = self.sub_account_id if self.sub_account_id is not None else self.billing_account_id
        return finding_id(self.check_id, self.provider_id, account, self.resource_id, self.key)


def finding_id(
    check: str, provider: str | None, account: str | None, resource: str | None, key: str | None
) -> str:
    """16 hex digits over what identifies a finding; never over value, money or time."""
    return short_id(check, provider, account, resource, key)


def as_frame(found: Iterable[Found]) -> pl.DataFrame:
    """Findings as a frame (columns of COLUMNS), evidence as JSON with sorted names, nulls left out."""
    rows = [tuple(_cell(name, getattr(f, name)) for name in COLUMNS) for f in found]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _cell(name: str, value: object) -> object:
    if name != "evidence" or not isinstance(value, Mapping):
        return value
    kept = {k: v for k, v in value.items() if v is not None and v != {}}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, default=_as_text)


def _as_text(value: object) -> str:
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def file_label(source: str, path: str) -> str:
    """A file as findings name it: its source and the last parts of its path, the same on every machine."""
    return f"{source}: {'/'.join(PurePath(path).parts[-3:])}"
