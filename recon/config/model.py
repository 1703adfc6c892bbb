"""What may stand in tagrecon.yaml, and what holds where nothing does?"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, field_validator

from recon.config.controls import Control
from recon.config.evidence import Evidence
from recon.config.fixing import Fixing
from recon.config.reporting import Reporting
from recon.config.schedule import Schedule
from recon.config.sources import Billing, Inventory
from recon.config.targets import Sli, with_defaults
from recon.config.unit_metrics import UnitMetric
from recon.yaml_file import RelativePath, Shaped, Strict, Text

Class = Literal["usage", "tax", "credit", "support", "fee", "commitment", "adjustment"]
_REFERENCE = "a reference to an environment variable is needed, such as ${TAGRECON_MASK_KEY}"
MaskKey = Annotated[Text, Shaped(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}", _REFERENCE)]


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else [value]


class Report(Strict):
    """How the published report is called and what it shows."""

    title: Text = Field(default="Cloud cost by owner", description="headline of the report")
    templates: RelativePath | None = Field(
        default=None, description="folder of Jinja2 templates that override single blocks or add reports"
    )
    top: int = Field(
        default=20, ge=1, le=10_000, description="rows that a table shows before it says how many more"
    )


class RunConfig(Strict):
    """tagrecon.yaml. Paths are resolved against the folder of the file."""

    registry: RelativePath = Field(description="the label registry; the only key that has no default")
    store: RelativePath = Field(
        default=Path("var/tagrecon.duckdb"), validate_default=True, description="the published DuckDB file"
    )
    output: RelativePath = Field(
        default=Path("out"), validate_default=True, description="folder of the reports"
    )
    allocation: RelativePath | None = Field(default=None, description="allocation rules and splits")
    billing: tuple[Billing, ...] = Field(default=(), description="where the bills lie")
    controls: tuple[Control, ...] = Field(
        default=(), description="who else knows what the bills sum to; compared and shown, never posted"
    )
    inventory: tuple[Inventory, ...] = Field(default=(), description="where live resources are listed")
    audit_logs: tuple[Evidence, ...] = Field(
        default=(), description="where audit logs lie that tell who changed tags (docs/evidence.md)"
    )
    incidents: tuple[Evidence, ...] = Field(
        default=(), description="where lists of incidents lie (docs/evidence.md)"
    )
    grace_hours: int = Field(
        default=48, ge=0, le=8760, description="hours until a live tag must be on the bill"
    )
    account_owner_bears: Annotated[tuple[Class, ...], BeforeValidator(_listed)] = Field(
        default=(),
        description="charge classes that fall to the owner of the account when nothing else says who pays",
    )
    memory_limit: Annotated[
        Text, Shaped(r"\d+(\.\d+)? ?([KMGT]i?B|B|%)", "a size is needed, such as 1GB or 70%")
    ] = Field(default="1GB", description="most memory that DuckDB may use")
    threads: int | None = Field(default=None, ge=1, le=1024, description="left out: one per processor")
    targets: dict[Sli, Decimal] = Field(
        default_factory=dict, validate_default=True, description="service levels; shares as 0..1"
    )
    taggability: RelativePath | None = Field(
        default=None, description="own rows of what can carry tags, laid over the shipped table"
    )
    mask_key: MaskKey | None = Field(
        default=None,
        description="environment reference, such as ${TAGRECON_MASK_KEY}, to the key of masked values",
    )
    report: Report = Field(default=Report(), description="the published report")
    reporting: Reporting | None = Field(
        default=None,
        description="a reporting currency, by a table of monthly rates (docs/reporting-currency.md)",
    )
    unit_metrics: tuple[UnitMetric, ...] = Field(
        default=(), description="what owners' statements show the cost of a unit by (docs/statements.md)"
    )
    schedule: Schedule = Field(default=Schedule(), description="what runs when")
    fix: Fixing = Field(default=Fixing(), description="suggestions and fixes (docs/fix-plan.md)")
    remediate: Literal["plan", "apply"] = Field(
        default="plan",
        description="what the nightly run does with fixes: plan only, or apply what a standing approval allows",
    )

    _base: Path = PrivateAttr(default=Path())

    def model_post_init(self, context: Any) -> None:
        self._base = (context or {}).get("base", Path())

    @property
    def base(self) -> Path:
        """The folder of the configuration file."""
        return self._base

    @field_validator("targets")
    @classmethod
    def _complete(cls, given: dict[Sli, Decimal]) -> dict[str, Decimal]:
        return with_defaults(given)

    @field_validator(
        *(
            "billing",
            "controls",
            "inventory",
            "audit_logs",
            "incidents",
            "account_owner_bears",
            "unit_metrics",
        ),
        mode="before",
    )
    @classmethod
    def _nothing_is_none(cls, given: Any) -> Any:
        return () if given is None else given
