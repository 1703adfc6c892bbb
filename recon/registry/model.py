"""What may stand in registry.yaml, and what holds where nothing does?"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator
from pydantic import GetJsonSchemaHandler as Handler
from pydantic_core import CoreSchema

from recon.registry.folding import Folding
from recon.registry.scope import Provider, Providers, Scope
from recon.yaml_file import AsList, Day, OneOrMany, OrText, RelativePath, Strict, Text, Texts

Level = Literal["resource-group", "sub-account", "billing-account"]
Levels = Annotated[tuple[Level, ...], AsList, OneOrMany()]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("text is needed here; a blank counts as absent")
    return text


Filled = Annotated[Text, AfterValidator(_not_blank)]


class Dated(Strict):
    """Something with a first and a last day; a day left out is no limit."""

    model_config = ConfigDict(populate_by_name=True)

    starts: Day | None = Field(default=None, alias="from", description="first day on which it holds")
    ends: Day | None = Field(default=None, alias="to", description="last day on which it holds")

    @model_validator(mode="after")
    def _forwards(self) -> Dated:
        if self.starts and self.ends and self.ends < self.starts:
            raise ValueError("the last day lies before the first; swap the days")
        return self

    def in_force(self, day: dt.date) -> bool:
        return not ((self.starts and day < self.starts) or (self.ends and day > self.ends))


class Entry(Dated):
    """One valid value."""

    value: Filled = Field(description="the canonical spelling")
    retired: Day | None = Field(default=None, description="first day on which it is no longer valid")
    aliases: Texts = Field(default=(), description="other spellings of the same value")

    def valid_on(self, day: dt.date) -> bool:
        return self.in_force(day) and not (self.retired and day >= self.retired)

    def ended_by(self, day: dt.date) -> bool:
        return bool((self.ends and day > self.ends) or (self.retired and day >= self.retired))


def _as_entry(value: Any) -> Any:
    return {"value": value} if not isinstance(value, dict | Entry) else value


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as wrong:
        raise ValueError(f"not a regular expression ({wrong}); mend the pattern") from None
    return text


class Values(Strict):
    """Which values are valid: exactly one of the three."""

    model_config = ConfigDict(populate_by_name=True)

    # After loading, a file's values stand here too.
    listed: tuple[Annotated[Entry, BeforeValidator(_as_entry), OrText()], ...] | None = Field(
        default=None,
        alias="list",
        min_length=1,
        description="values: a word, or {value, from, to, retired, aliases}",
    )
    pattern: Annotated[Filled, AfterValidator(_pattern)] | None = Field(
        default=None, description="regular expression that the whole value must match"
    )
    file: RelativePath | None = Field(
        default=None,
        description="CSV with a column `value` (else the first); optional: alias, from, to, retired",
    )

    @model_validator(mode="after")
    def _one(self) -> Values:
        if sum(part is not None for part in (self.listed, self.pattern, self.file)) != 1:
            raise ValueError("exactly one of list, pattern, file is needed")
        return self


class Deprecated(Strict):
    """A key on its way out: an alias of `replaced_by` until the sunset, and no key at all after it."""

    replaced_by: Filled = Field(description="the key that takes over")
    sunset: Day | None = Field(default=None, description="last day on which it still counts as an alias")


class _RequiredSchema:
    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: Handler) -> dict[str, Any]:
        many = handler(core)
        return {"anyOf": [{"type": "boolean"}, many["items"], many]}


def _required(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("true", "yes", "on"):
        return [{}]
    if value is False or (isinstance(value, str) and value.lower() in ("false", "no", "off")):
        return []
    if isinstance(value, str | None):
        raise ValueError("true, false, a scope or a list of scopes is needed")
    return [value] if isinstance(value, dict) else value


Required = Annotated[tuple[Scope, ...], BeforeValidator(_required), _RequiredSchema()]


class Fixes(Strict):
    """How tags of a key may be fixed."""

    protected: bool = Field(default=False, description="true: no plan ever changes it")
    author_may_approve: bool = Field(
        default=True, description="false: who made or edited a plan with this key can't approve it"
    )
    reviewers: Literal["1", "2"] = Field(
        default="1", description="how many must review a suggestion; where two differ a third decides"
    )
    least_confidence: Annotated[Decimal, Field(ge=0, le=1)] = Field(
        default=Decimal(0), description="a suggestion that is less sure goes to review instead of a plan"
    )


class Key(Strict):
    """One label key."""

    description: Text = Field(default="", description="what the key says, for people")
    owner: Text | None = Field(default=None, description="who answers for the key")
    sensitivity: Literal["public", "internal", "personal", "secret"] = Field(
        default="internal", description="values of personal and secret keys are published masked only"
    )
    required: Required = Field(
        default=(),
        description="true, or where: a scope, or several of which one must hold; left out: nowhere",
    )
    values: Values | None = Field(default=None, description="valid values; left out: any that is not blank")
    value_aliases: dict[str, Texts] = Field(
        default_factory=dict, description="canonical value → other spellings of it"
    )
    aliases: Texts = Field(default=(), description="other spellings of the key")
    case: Literal["fold", "exact"] = Field(
        default="fold", description="exact: case and surrounding blanks count"
    )
    fold: Literal["none", "separators"] = Field(
        default="none", description="separators: camelCase and blanks, _ . : / \\ - are all the same"
    )
    spelling: dict[Provider, Filled] = Field(
        default_factory=dict, description="provider id → the only canonical form of the key there"
    )
    inherit: Levels = Field(
        default=("resource-group", "sub-account"),
        description="containers that may give the value, nearest first",
    )
    binding: Levels = Field(default=(), description="containers whose value a resource may not contradict")
    default: Filled | None = Field(
        default=None, description="value where nothing else gives one; owners are told"
    )
    severity: Literal["high", "medium", "low"] = Field(
        default="medium", description="severity of its findings"
    )
    cardinality_limit: int | None = Field(
        default=None, ge=1, description="most distinct values; left out: M5's target"
    )
    deprecated: Deprecated | None = Field(
        default=None, description="what replaces the key, and until when it counts"
    )
    fixes: Fixes = Field(default=Fixes(), description="how its tags may be fixed")
    effective_from: Day | None = Field(
        default=None, description="first day on which the key is in the registry"
    )
    effective_to: Day | None = Field(default=None, description="last day on which the key is in the registry")

    @model_validator(mode="after")
    def _forwards(self) -> Key:
        if self.effective_from and self.effective_to and self.effective_to < self.effective_from:
            raise ValueError("effective_to lies before effective_from; swap the days")
        return self

    @property
    def folding(self) -> Folding:
        return Folding(exact=self.case == "exact", separators=self.fold == "separators")

    def in_force(self, day: dt.date) -> bool:
        return not (
            (self.effective_from and day < self.effective_from)
            or (self.effective_to and day > self.effective_to)
        )


class Exemption(Strict):
    """Where a key, though required, need not be."""

    model_config = ConfigDict(populate_by_name=True)

    key: Filled = Field(description="the key that is not asked for")
    scope: Scope = Field(default=Scope(), description="where; left out: everywhere")
    reason: Filled = Field(description="why, for whoever asks later")
    starts: Day | None = Field(default=None, alias="from", description="first day; left out: always")
    until: Day | None = Field(default=None, description="last day; left out: for ever")

    def in_force(self, day: dt.date) -> bool:
        return not ((self.starts and day < self.starts) or (self.until and day > self.until))


class CatalogueEntry(Dated):
    """What a resource's tags are expected to say."""

    resource: Texts = Field(default=(), description="globs over ResourceId")
    account: Texts = Field(default=(), description="globs over account, subscription or project")
    provider: Providers = Field(default=(), description="provider ids")
    expect: dict[str, Filled] = Field(min_length=1, description="key → expected value")

    @model_validator(mode="after")
    def _some_place(self) -> CatalogueEntry:
        if not (self.resource or self.account or self.provider):
            raise ValueError("resource, account or provider is needed, else it would hold everywhere")
        return self

    def place(self) -> Scope:
        """The same as a scope, so that `place().covers(…)` answers for both."""
        return Scope(resource=self.resource, account=self.account, provider=self.provider)


def _empty_key(keys: Any) -> Any:
    return {k: {} if v is None else v for k, v in keys.items()} if isinstance(keys, dict) else keys


class RegistryFile(Strict):
    """registry.yaml: which labels exist, and what they may say."""

    version: Filled = Field(description="version of the registry, shown in every report")
    owner: Filled = Field(description="the key that says who pays")
    keys: Annotated[dict[str, Key], BeforeValidator(_empty_key)] = Field(
        min_length=1, description="key name → what holds for it"
    )
    exemptions: tuple[Exemption, ...] = Field(default=(), description="where a required key is not asked for")
    catalogue: tuple[CatalogueEntry, ...] = Field(
        default=(), description="expected values; the first that fits counts"
    )
