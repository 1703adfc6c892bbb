"""Which change of its live tags would mend one finding?

Only what can be known is proposed: the canonical spelling of what is already said, what the catalogue or a
binding container demands, what a container passes on, or the one valid value near a typo. Changes are
additive: a key is set, never removed, and no other key is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from recon.fix.limits import limits_of
from recon.hostile import MASK
from recon.registry import Rules, canonical_key, is_blank
from recon.registry.providers import spelling_of

# How sure each way of knowing is. Documented in docs/fix-plan.md.
CONFIDENCE = {"canonical": 0.99, "expected": 0.9, "inherited": 0.7, "nearest": 0.7}
# … and at most this where the resource's own tags were not read: the bill is all that is known of it.
UNREAD = 0.5
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
    live: Mapping[str, str] | None
    live_id: str | None
    billed_raw: Mapping[str, str]
    billed_value: str | None
    expected_value: str | None
    resolved_value: str | None
    resolved_from: str | None
    owner: str | None
    currency: str | None
    billed: Decimal | None
    effective: Decimal | None


@dataclass(frozen=True)
class Change:
    """One raw key: before → after. `before` None: the key is not there. Masked values stay masked."""

    raw_key: str
    before: str | None
    after: str


@dataclass(frozen=True)
class Mend:
    """What to set, which way of knowing says so (a key of CONFIDENCE), and why, in a sentence."""

    changes: tuple[Change, ...]
    knows: str
    why: str


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


def mend(case: Case, reader: Reader) -> Mend | None:
    """The change that mends the case; None when nothing certain enough is known, or the resource already
    says what it should."""
    too_long = any(len(value) > _LONGEST for value in reader.spellings(case).values())
    if case.key not in reader.rules.keys or too_long:
        return None
    return _BY_VERDICT[case.verdict](case, reader)


def _variant(case: Case, reader: Reader) -> Mend | None:
    """The same value in the canonical spelling. An old spelling of the key stays: nothing is removed."""
    now = {key: value for key, value in reader.spellings(case).items() if not is_blank(reader.raw(value))}
    meant = {reader.meant(case, value) for value in now.values()}
    value = meant.pop() if len(meant) == 1 else None
    if value is None:
        return None
    raw_key = reader.raw_key(case, now)
    masked = any(MASK.fullmatch(text) for text in now.values())
    after = case.billed_value if masked and case.billed_value else _written(case, value)
    before = now.get(raw_key)
    if before is not None and reader.raw(before) == reader.raw(after):
        return None
    old = sorted(key for key in now if key != raw_key)
    stays = f" The spelling {', '.join(old)} stays until someone removes it." if old else ""
    why = f"It means the right thing and is written otherwise than the registry says.{stays}"
    return Mend((Change(raw_key, before, after),), "canonical", why)


def _invalid(case: Case, reader: Reader) -> Mend | None:
    """What is expected, else the valid value near each spelling's own."""
    if case.expected_value is not None:
        return _set(case, reader, case.expected_value, "expected", _EXPECTED)
    changes = []
    for raw_key, value in sorted(reader.spellings(case).items()):
        hit = reader.rules.value_of(case.key, case.provider_id, reader.raw(value))
        if hit.valid:
            continue
        # what is near a masked value would tell what is behind the mask
        if hit.nearest is None or MASK.fullmatch(value):
            return None
        changes.append(Change(raw_key, value, _written(case, hit.nearest)))
    return (
        Mend(tuple(changes), "nearest", "The value is not valid; this is the valid one it is nearest to.")
        if changes
        else None
    )


def _expected(case: Case, reader: Reader) -> Mend | None:
    """What the catalogue or a binding container demands; without it nobody knows which side is right."""
    if case.expected_value is None:
        return None
    return _set(case, reader, case.expected_value, "expected", _EXPECTED)


def _absent(case: Case, reader: Reader) -> Mend | None:
    """What is expected, else what a container passes on; nothing where someone has tagged it since."""
    if any(not is_blank(reader.raw(value)) for value in reader.spellings(case).values()):
        return None
    if case.expected_value is not None:
        return _set(case, reader, case.expected_value, "expected", _EXPECTED)
    if case.resolved_from == "inherited" and case.resolved_value is not None:
        return _set(case, reader, case.resolved_value, "inherited", "A container that it stands in says so.")
    return None


def _set(case: Case, reader: Reader, target: str, knows: str, why: str) -> Mend | None:
    """Every spelling that says otherwise is set to `target`, so that no two contradict each other; where
    there is none, the canonical key."""
    value = reader.meant(case, target)
    if value is None:
        return None
    after = target if MASK.fullmatch(target) else _written(case, value)
    now = reader.spellings(case)
    changes = [Change(k, v, after) for k, v in sorted(now.items()) if reader.meant(case, v) != value]
    if not now:
        changes = [Change(reader.raw_key(case, now), None, after)]
    return Mend(tuple(changes), knows, why) if changes else None


def _written(case: Case, value: str) -> str:
    return spelling_of(case.provider_id).written(value)


_EXPECTED = "The catalogue or a binding container demands it."
_BY_VERDICT: dict[str, Callable[[Case, Reader], Mend | None]] = {
    "wrong-owner": _expected,
    "conflict": _expected,
    "invalid": _invalid,
    "variant": _variant,
    "untagged": _absent,
    "unknown-resource": _absent,
}
MENDABLE = tuple(_BY_VERDICT)
