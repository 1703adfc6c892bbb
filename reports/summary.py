"""What does `summary.json` say, as typed rows?

The dict is parsed once, here, with money as exact `Decimal` and shares as `Decimal` or None. Fields that this
version does not know are ignored, fields that it needs and misses are our bug, named with their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from recon.errors import OurBug

SCHEMA = "tagrecon.summary/1"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True, populate_by_name=True)


class Run(_Row):
    """The run that made the report."""

    id: str
    started_at: datetime
    finished_at: datetime | None = None
    status: str
    version: str | None = None
    registry_version: str | None = None
    config_hash: str | None = None
    periods: tuple[str, ...] = ()


class Gap(_Row):
    """Something configured that could not be read, or a limitation (`not-configured`,
    `no-resource-level`).
    """

    id: str
    kind: str
    provider: str | None = None
    scope: str | None = None
    reason: str | None = None
    permission: str | None = None
    touched: tuple[str, ...] = ()
    limitation: bool | None = None

    @property
    def is_limitation(self) -> bool:
        """True where nothing failed: the estate is simply not described that far."""
        if self.limitation is not None:
            return self.limitation
        return self.kind in {"not-configured", "no-resource-level", "limitation"}


class Closing(_Row):
    """One period × provider × billing account × currency: source = quarantined + charges, charges =
    ledger.
    """

    billing_period: str
    provider: str | None = None
    provider_id: str | None = None
    billing_account_id: str | None = None
    currency: str
    source_billed: Decimal
    quarantined_billed: Decimal
    charges_billed: Decimal
    ledger_billed: Decimal
    difference_billed: Decimal
    source_effective: Decimal
    quarantined_effective: Decimal
    charges_effective: Decimal
    ledger_effective: Decimal
    difference_effective: Decimal
    source_raw: Decimal | None = None
    source_raw_column: str | None = None
    control_total: Decimal | None = None
    control_difference: Decimal | None = None
    source_rows: int
    quarantined_rows: int
    excluded_rows: int


class VerdictTotal(_Row):
    """One verdict's sum in a period and currency; `key` is empty for the owner key's own list."""

    billing_period: str
    currency: str
    key: str = ""
    verdict: str
    billed_cost: Decimal
    effective_cost: Decimal
    charges: int
    resources: int


class Coverage(_Row):
    """Coverage of one key in one scope (`all`, `provider:…`, `environment:…`, `account:…`), shares 0..1."""

    billing_period: str
    currency: str
    key: str
    scope: str
    by_cost: Decimal | None = None
    by_cost_taggable: Decimal | None = None
    by_cost_with_inherited: Decimal | None = None
    by_count: Decimal | None = None
    by_count_taggable: Decimal | None = None
    count_basis: str | None = None
    covered_cost: Decimal | None = None
    base_cost: Decimal | None = None
    negative_cost: Decimal | None = None
    gap_ids: tuple[str, ...] = ()


class Sli(_Row):
    """One service level indicator; `billing_period`, `currency` and `key` are None where it has none."""

    id: str
    name: str
    billing_period: str | None = None
    currency: str | None = None
    key: str | None = None
    unit: str = "ratio"
    value: Decimal | None = None
    target: Decimal | None = None
    status: str
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    gap_ids: tuple[str, ...] = ()


class Unallocated(_Row):
    """What is left in one account without an owner."""

    billing_period: str
    currency: str
    account: str
    billed_cost: Decimal
    effective_cost: Decimal


class Owner(_Row):
    """One owner's statement: the parts and `total` in EffectiveCost, `billed_total` in BilledCost."""

    billing_period: str
    owner: str
    currency: str
    direct: Decimal
    inherited: Decimal
    shared: Decimal
    adjustments: Decimal
    total: Decimal
    billed_total: Decimal


class Recovered(_Row):
    """What the proposed fixes would put right, per currency."""

    currency: str
    billed_cost: Decimal
    effective_cost: Decimal


class Fixes(_Row):
    """The fixes that wait for a person."""

    proposed: int = 0
    recovered: tuple[Recovered, ...] = ()


class Findings(_Row):
    """How many findings are open, by check."""

    total: int = 0
    by_check: Any = None


class Summary(_Row):
    """The whole of `summary.json`."""

    schema_name: str = Field(alias="schema")
    run: Run
    gaps: tuple[Gap, ...] = ()
    closing: tuple[Closing, ...] = ()
    verdicts: tuple[VerdictTotal, ...] = ()
    verdicts_by_key: tuple[VerdictTotal, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    slis: tuple[Sli, ...] = ()
    findings: Findings = Findings()
    unallocated: tuple[Unallocated, ...] = ()
    owners: tuple[Owner, ...] = ()
    fixes: Fixes = Fixes()


def parse_summary(document: Mapping[str, object]) -> Summary:
    """The typed summary. Raises OurBug when the document is not a `tagrecon.summary/1`."""
    if document.get("schema") != SCHEMA:
        raise OurBug(
            f"summary: schema is {document.get('schema')!r}, this report reads {SCHEMA!r}. "
            "Publish with the version of tagrecon that made the run."
        )
    try:
        return Summary.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise OurBug(f"summary.{place}: {first['msg']}. See reports/summary.schema.json.") from error
