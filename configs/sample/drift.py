"""Which tags change from one snapshot to the next?

Told from the stories of resources that stand in both snapshots; arrivals and departures are not drift.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from configs.sample import clock
from configs.sample.company import Tags
from configs.sample.resources import Resource


@dataclass(frozen=True)
class TagChange:
    """One change of one resource's tag, seen by the snapshot of `observed_on` and not by the one before.

    `key` is the registry's key (or the raw one where the registry knows none); `change` is added, removed,
    changed or renamed; a raw key or value is None where there is none on that side.
    """

    observed_on: date
    provider: str
    account: str
    resource: str
    key: str
    change: str
    before_key: str | None
    after_key: str | None
    before_value: str | None
    after_value: str | None


def tag_changes(resources: Sequence[Resource]) -> tuple[TagChange, ...]:
    """All planned changes, by snapshot, resource and key."""
    found = (change for r in resources for change in _changes(r))
    return tuple(sorted(found, key=lambda c: (c.observed_on, c.provider, c.resource, c.key, c.change)))


def _changes(resource: Resource) -> Iterator[TagChange]:
    for before, after in pairwise(clock.SNAPSHOTS):
        if not (resource.listed_on(before) and resource.listed_on(after)):
            continue
        for story in resource.stories:
            for what in _differences(story.on(before).live, story.on(after).live):
                yield TagChange(
                    after, resource.account.provider, resource.account.id, resource.live_id, story.key, *what
                )


_What = tuple[str, str | None, str | None, str | None, str | None]


def _differences(before: Tags, after: Tags) -> Iterator[_What]:
    """A story changes one tag at a time, so a key that goes while another comes was renamed."""
    gone, come = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    for (old_key, old), (new_key, new) in zip(gone, come, strict=False):
        yield ("changed" if old_key == new_key else "renamed", old_key, new_key, old, new)
    for key, value in gone[len(come) :]:
        yield ("removed", key, None, value, None)
    for key, value in come[len(gone) :]:
        yield ("added", None, key, None, value)
