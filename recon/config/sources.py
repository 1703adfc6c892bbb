"""Where do the bills and the inventories lie, and what do we know about them that they don't say?"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Discriminator, Field, StringConstraints, Tag

from recon.config.live import AwsScope, AzureScope, GcpScope, KubernetesScope
from recon.focus import COLUMNS
from recon.yaml_file import Day, Location, Name, Strict, Text, not_allowed

CLOUDS = ("aws", "azure", "gcp", "kubernetes")  # that can be listed live
Provider = Annotated[Text, StringConstraints(to_lower=True, strip_whitespace=True, min_length=1)]


class Prefer(Strict):
    """Of files that overlap, those whose path matches the glob count."""

    prefer: Text = Field(description="glob over the file's path; matching files win over the others")


def _shape(value: Any) -> str:
    return "a mapping" if isinstance(value, dict | Prefer) else "a word"


Files = Annotated[
    Annotated[Literal["parts", "newest"], Tag("a word")] | Annotated[Prefer, Tag("a mapping")],
    Discriminator(_shape),
]


def _focus_column(name: str) -> str:
    if name not in COLUMNS:
        raise ValueError(not_allowed(name, "FOCUS column", COLUMNS))
    return name


FocusColumn = Annotated[str, AfterValidator(_focus_column)]


class Billing(Strict):
    """One place where bills are delivered."""

    name: Name = Field(description="unique; names the source in findings and in `source_files`")
    connector: Literal["focus", "aws", "azure", "gcp"] | None = Field(
        default=None, description="the export's format; left out: recognized by content"
    )
    location: Location = Field(
        description="a file, a folder, a glob, or a s3://, az://, gs:// or bigquery:// address (docs/places.md)"
    )
    costs: Literal["actual", "amortized"] | None = Field(
        default=None,
        description="which cost an Azure export carries, where neither its manifest nor its lines say it",
    )
    files: Files | None = Field(
        default=None,
        description="what files of one period that overlap are: `parts` that add up, `newest` counts, or "
        "`{prefer: glob}`; left out: an overlap stops the period",
    )
    defaults: dict[FocusColumn, Text] = Field(
        default_factory=dict, description="FOCUS column → value where the file has no such column"
    )
    rank: int | None = Field(
        default=None, description="where two sources cover the same period the lower rank counts"
    )


class Covered(Strict):
    """One account that an inventory lists completely."""

    provider: Provider = Field(description="provider id: aws, azure, gcp …")
    account: Text = Field(description="account, subscription or project")


class Inventory(Strict):
    """One place where live resources are listed."""

    name: Name = Field(description="unique; names the source in gaps")
    connector: Literal["files", "aws", "azure", "gcp", "kubernetes", "terraform"] | None = Field(
        default=None, description="what lists the resources; left out: recognized by content"
    )
    location: Location | None = Field(
        default=None,
        description="a file, a folder or a glob of inventory dumps; left out: the cloud is asked itself",
    )
    aws: AwsScope | None = Field(default=None, description="what of AWS is listed live")
    gcp: GcpScope | None = Field(default=None, description="what of Google Cloud is listed live")
    azure: AzureScope | None = Field(default=None, description="what of Azure is listed live")
    kubernetes: KubernetesScope | None = Field(default=None, description="the cluster that is listed live")
    workers: Annotated[int, Field(ge=1, le=64)] = Field(
        default=8, description="units (account and region) listed at the same time"
    )
    resume_hours: Annotated[int, Field(ge=0, le=72)] = Field(
        default=12, description="a listing that was cut off goes on where it stopped, when it is not older"
    )
    covers: tuple[Covered, ...] = Field(
        default=(), description="accounts listed completely; left out: those that occur in the dumps"
    )
    lists_untagged: bool = Field(
        default=True,
        description="false for a source that lists only tagged resources: absence then proves nothing",
    )
    observed_at: Day | None = Field(
        default=None, description="the day of the dump where the dump does not say it"
    )

    @property
    def blocks(self) -> tuple[str, ...]:
        """The clouds of which it says what is listed live."""
        return tuple(name for name in CLOUDS if getattr(self, name) is not None)

    @property
    def cloud(self) -> str | None:
        """The cloud that is asked itself; None for a source of files."""
        named = self.blocks[0] if self.blocks else self.connector
        return named if named in CLOUDS and self.location is None else None
