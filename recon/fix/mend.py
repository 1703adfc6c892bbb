"""Which change of its live tags would make a resource say a value?

Which value is right is the matter of recon/suggest. Changes are additive: a key is set, never removed, and no
other key is touched. Nothing is changed where the resource already says it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from recon.fix.limits import limits_of
from recon.hostile import MASK
from recon.registry import Rules, canonical_key, is_blank
from recon.registry.providers import spelling_of

# No provider carries a longer value; what does is not planned from.
_LONGEST = 1_024


@dataclass(frozen=True)
class Case:
    """An open finding that a tag may mend.

    `live`: the whole tagset seen on the resource, as published, with its tagset id; None: it was not read.
    `billed_raw`: raw key → value of the key on the bill. Money is that of the newest period."""

    finding_id: str
    verdict: str
    provider_id: str
    account_id: str | None
    resource_id: str
    key: str
    lines: int
    first_day: str
    last_day: str
    live: Mapping[str, str] | None = field(repr=False)
    live_id: str | None
    billed_raw: Mapping[str, str] = field(repr=False)
    owner: str | None
    currency: str | None
    billed: Decimal | None
    effective: Decimal | None


@dataclass(frozen=True)
class Change:
    """One raw key: before → after. `before` None: the key is not there. Masked values stay masked."""

    raw_key: str
    before: str | None = field(repr=False)
    after: str = field(repr=False)


@dataclass(frozen=True)
class Target:
    """The value that the resource should say, as published. `demanded`: by the catalogue, a binding container or a person; `decided`: by a person."""

    value: str = field(repr=False)
    demanded: bool = False
    decided: bool = False


@dataclass(frozen=True)
class Mend:
    """What to set. `stays`: old spellings of the key that are left beside the canonical one."""

    changes: tuple[Change, ...]
    stays: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reader:
    """What raw tags mean today. `raw`: published value → byte-exact one."""

    rules: Rules
    raw: Callable[[str], str] = field(repr=False)

    def spellings(self, case: Case) -> dict[str, str]:
        """Raw key → value of the case's key: on the resource, or on the bill where it was not read."""
        found: dict[str, str] = {}
        for raw_key, value in (case.billed_raw if case.live is None else case.live).items():
            hit = self.rules.key_of(case.provider_id, raw_key)
            if hit is not None and hit.key == case.key:
                found[raw_key.removeprefix(hit.prefix)] = value
        return found

    def meant(self, case: Case, value: str) -> str | None:
        """The canonical value that is valid today; None when there is none."""
        hit = self.rules.value_of(case.key, case.provider_id, self.raw(value))
        return hit.value if hit.valid else None

    def raw_key(self, case: Case, present: Mapping[str, str]) -> str:
        """The canonical raw key; where keys fold on the provider, in the casing that is already there."""
        own = canonical_key(case.key, self.rules.keys[case.key], case.provider_id)
        if limits_of(case.provider_id).keys_fold:
            return next((key for key in sorted(present) if key.casefold() == own.casefold()), own)
        return own


def mend(case: Case, reader: Reader, target: Target) -> Mend | None:
    """The change by which the resource says `target`; None where it already does, where someone has tagged it
    since, where the verdict asks for more than was inferred, or where the value is not valid today."""
    too_long = any(len(value) > _LONGEST for value in reader.spellings(case).values())
    if case.key not in reader.rules.keys or too_long:
        return None
    return _BY_VERDICT[case.verdict](case, reader, target)


def _variant(case: Case, reader: Reader, target: Target) -> Mend | None:
    """The same value in the canonical spelling, or another one where a person said so. An old spelling of the key stays: nothing is removed."""
    now = {key: value for key, value in reader.spellings(case).items() if not is_blank(reader.raw(value))}
    value = reader.meant(case, target.value)
    if value is None or {reader.meant(case, text) for text in now.values()} != {value}:
        return _set(case, reader, target) if target.decided else None
    raw_key = reader.raw_key(case, now)
    after = _after(case, target, value)
    before = now.get(raw_key)
    if before is not None and reader.raw(before) == reader.raw(after):
        return None
    return Mend((Change(raw_key, before, after),), tuple(sorted(key for key in now if key != raw_key)))


def _invalid(case: Case, reader: Reader, target: Target) -> Mend | None:
    """Nothing where every spelling has been made valid since, unless something else is demanded."""
    now = reader.spellings(case)
    if now and not target.demanded and all(reader.meant(case, text) is not None for text in now.values()):
        return None
    return _set(case, reader, target)


def _demanded(case: Case, reader: Reader, target: Target) -> Mend | None:
    """Two records contradict each other: without a demand nobody knows which side is right."""
    return _set(case, reader, target) if target.demanded else None


def _absent(case: Case, reader: Reader, target: Target) -> Mend | None:
    """Nothing where someone has tagged it since."""
    if any(not is_blank(reader.raw(value)) for value in reader.spellings(case).values()):
        return None
    return _set(case, reader, target)


def _set(case: Case, reader: Reader, target: Target) -> Mend | None:
    """Every spelling that says otherwise is set to the target, so that no two contradict each other; where
    there is none, the canonical key."""
    value = reader.meant(case, target.value)
    if value is None:
        return None
    after = _after(case, target, value)
    now = reader.spellings(case)
    changes = [Change(k, v, after) for k, v in sorted(now.items()) if reader.meant(case, v) != value]
    if not now:
        changes = [Change(reader.raw_key(case, now), None, after)]
    return Mend(tuple(changes)) if changes else None


def _after(case: Case, target: Target, value: str) -> str:
    """What is written: the value as the provider spells it; a mark stays a mark."""
    return target.value if MASK.fullmatch(target.value) else spelling_of(case.provider_id).written(value)


_BY_VERDICT: dict[str, Callable[[Case, Reader, Target], Mend | None]] = {
    "wrong-owner": _demanded,
    "conflict": _demanded,
    "invalid": _invalid,
    "variant": _variant,
    "untagged": _absent,
    "unknown-resource": _absent,
}
MENDABLE = tuple(_BY_VERDICT)
