"""Where does a requirement or an exemption hold? Place first, then a condition on other keys."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from recon.yaml_file import AsList, OneOrMany, Strict, Text, Texts

Provider = Annotated[Text, StringConstraints(to_lower=True, strip_whitespace=True, min_length=1)]
Providers = Annotated[tuple[Provider, ...], AsList, OneOrMany()]
PLACES = ("provider", "account", "resource_type", "region", "service", "resource")


class Scope(Strict):
    """All parts must hold; a part left out always does. Any other name is a condition on that key:
    `environment: prod` is short for `where: {environment: prod}`."""

    # The schema must let the shorthand through; that the key exists is checked on load.
    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    provider: Providers = Field(default=(), description="provider ids")
    account: Texts = Field(default=(), description="globs over account, subscription or project")
    resource_type: Texts = Field(default=(), description="globs over ResourceType")
    region: Texts = Field(default=(), description="globs over RegionId")
    service: Texts = Field(default=(), description="globs over ServiceName")
    resource: Texts = Field(default=(), description="globs over ResourceId")
    where: dict[str, Texts] = Field(
        default_factory=dict, description="other key → values; reads its resolved value, unresolved: applies"
    )

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        known: dict[str, Any] = {}
        where = dict(given.get("where") or {}) if isinstance(given.get("where"), dict | None) else {}
        for name, value in given.items():
            singular = str(name).removesuffix("s")
            if name == "where" and not isinstance(value, dict | None):
                known[name] = value
            elif name != "where" and (name in PLACES or singular in PLACES):
                known[name if name in PLACES else singular] = value
            elif name != "where":
                where.setdefault(name, value)
        return {"where": where, **known}

    def covers(self, place: Mapping[str, str | None]) -> bool:
        """Whether the place lies inside. `place`: provider, account, resource_type, region, service,
        resource → text; a part that is None or left out lies outside of any glob."""
        return all(_any_glob(getattr(self, part), place.get(part)) for part in PLACES)

    def holds(self, resolved: Mapping[str, str | None], *, unresolved: bool = True) -> bool:
        """Whether the conditions hold, given the canonical values of other keys (None: unresolved)."""
        values = ((resolved.get(key), wanted) for key, wanted in self.where.items())
        return all(unresolved if value is None else value in wanted for value, wanted in values)


def _any_glob(globs: tuple[str, ...], text: str | None) -> bool:
    if not globs:
        return True
    return text is not None and any(fnmatchcase(text.casefold(), g.casefold()) for g in globs)
