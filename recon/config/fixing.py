"""Who may fix tags, how much at once, when not, and with whose credentials?"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from recon.config.reporting import Currency
from recon.yaml_file import AsList, Day, Location, OneOrMany, RelativePath, Strict, Text, Texts

Share = Annotated[Decimal, Field(ge=0, le=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Roles(Strict):
    """Who may do what, by the names that they sign with. An empty list: everybody."""

    review: Texts = Field(default=(), description="who may decide about suggestions")
    approve: Texts = Field(default=(), description="who may approve plans and sign standing approvals")
    apply: Texts = Field(default=(), description="who may apply and roll back approved plans")


class Caps(Strict):
    """The most that one plan may hold. What is beyond is held back, the dearest actions first in."""

    actions: int = Field(default=500, ge=1, le=100_000, description="most actions in one plan")
    share: Share = Field(
        default=Decimal("0.25"), description="most resources of one provider in one plan, as a share of its live ones"
    )  # fmt: skip
    money: dict[Currency, Annotated[Decimal, Field(ge=0)]] = Field(
        default_factory=dict, description="currency → most EffectiveCost that one plan may move"
    )


class Protected(Strict):
    """What no plan ever touches."""

    keys: Texts = Field(default=(), description="registry keys or raw keys, as globs")
    resources: Texts = Field(default=(), description="globs over ResourceId")
    accounts: Texts = Field(default=(), description="globs over account, subscription or project")


class Freeze(Strict):
    """A time in which nothing is applied; plans can still be made and approved."""

    model_config = ConfigDict(populate_by_name=True)

    starts: Day | None = Field(default=None, alias="from", description="first day (UTC)")
    until: Day | None = Field(default=None, description="last day (UTC)")
    weekdays: Annotated[tuple[Weekday, ...], AsList, OneOrMany()] = Field(
        default=(), description="only on these days of the week: mon, tue, wed, thu, fri, sat, sun"
    )
    providers: Texts = Field(default=(), description="only these providers; left out: all")
    reason: Text = Field(description="why, shown to whoever wants to apply")

    @model_validator(mode="after")
    def _some_time(self) -> Freeze:
        if self.starts is None and self.until is None and not self.weekdays:
            raise ValueError("from, until or weekdays is needed, else nothing could ever be applied")
        if self.starts and self.until and self.until < self.starts:
            raise ValueError("the last day lies before the first; swap the days")
        return self

    def holds(self, day: dt.date, provider: str) -> bool:
        """Whether nothing may be applied to the provider on that day (UTC)."""
        inside = not ((self.starts and day < self.starts) or (self.until and day > self.until))
        on = not self.weekdays or _DAYS[day.weekday()] in self.weekdays
        whom = not self.providers or any(fnmatchcase(provider, glob.casefold()) for glob in self.providers)
        return inside and on and whom


class SignalRule(Strict):
    """What holds for one signal of suggestions."""

    mode: Literal["on", "shadow", "off"] = Field(
        default="on", description="shadow: it is scored and changes nothing"
    )
    least: Share | None = Field(
        default=None, description="measured precision below which it only goes to review; left out: M9's target"
    )  # fmt: skip


class Named(Strict):
    """A place of CODEOWNERS files."""

    name: Text = Field(description="unique; names the source in evidence")
    location: Location = Field(description="a file, a folder, a glob, or an address (docs/places.md)")


class Source(Strict):
    """Source of infrastructure as code."""

    name: Text = Field(description="unique; begins the file names in snippets and patches")
    location: RelativePath = Field(description="a file, or a folder with all below it")


class AwsWrite(Strict):
    """Who writes tags in AWS. Its own role: the reading one needs no right to write."""

    role: Text | None = Field(
        default=None,
        description="name of the role to assume in each account other than the own one, or its ARN with {account}",
    )
    external_id: Text | None = Field(default=None, description="external id that the role asks for")
    profile: Text | None = Field(default=None, description="profile of the shared AWS configuration")


class AzureWrite(Strict):
    """Who writes tags in Azure: the identity of the environment, with the role Tag Contributor."""

    cloud: Literal["public", "china", "usgov"] = Field(default="public", description="which Azure")


class GcpWrite(Strict):
    """Who writes labels and tag bindings in Google Cloud: the identity of the environment."""

    quota_project: Text | None = Field(default=None, description="the project whose quota the requests use")


class Fixing(Strict):
    """Suggestions, plans of fixes and how they are applied (docs/fix-plan.md)."""

    roles: Roles = Field(default=Roles(), description="who may do what")
    caps: Caps = Field(default=Caps(), description="the most that one plan may hold")
    protected: Protected = Field(default=Protected(), description="what no plan touches")
    freeze: tuple[Freeze, ...] = Field(default=(), description="when nothing is applied")
    approval_hours: int = Field(
        default=72, ge=1, le=8760, description="how long an approval holds, where it does not say so itself"
    )
    canary: int = Field(
        default=5, ge=0, le=1000, description="actions that are applied and verified before the rest; 0: none"
    )
    failure_ratio: Share = Field(
        default=Decimal("0.2"), description="share of failures at which applying stops (after ten actions)"
    )
    signals: dict[str, SignalRule] = Field(
        default_factory=dict, description="signal → what holds for it (docs/suggestions.md)"
    )
    codeowners: tuple[Named, ...] = Field(default=(), description="CODEOWNERS files that suggest owners")
    sources: tuple[Source, ...] = Field(
        default=(), description="source of infrastructure as code, for patches with file and line"
    )
    aws: AwsWrite | None = Field(default=None, description="left out: AWS is never written")
    azure: AzureWrite | None = Field(default=None, description="left out: Azure is never written")
    gcp: GcpWrite | None = Field(default=None, description="left out: Google Cloud is never written")
