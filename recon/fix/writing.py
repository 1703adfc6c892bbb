"""What must a cloud's writer of tags do? The nouns and the protocol between applying a plan and the clouds; no SDK here.

A writer only ever puts or takes away the keys that an edit names. Where a cloud can refuse a write because something
has changed since it was read (Google Cloud's fingerprints, etags), the writer gives that version back with the write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

FailKind = Literal[
    "gone",  # the resource does not exist (any more)
    "denied",  # not permitted; `permission` names what is missing
    "throttled",  # too fast to the end of all patience
    "over-limit",  # the provider's limit of tags would be passed
    "changed",  # the cloud itself refused: something changed since the read (fingerprint, etag, 412)
    "rejected",  # the cloud refuses this key, value or resource
    "unsupported",  # there is no way to write it that touches nothing else
    "unreachable",  # no answer, or a broken one: whether the write took effect is not known
]


@dataclass(frozen=True, order=True)
class Target:
    """A resource, as the store knows it. `region` and `resource_type`: "" where there is none, or it is not known."""

    provider_id: str
    account_id: str
    region: str
    resource_type: str
    resource_id: str


@dataclass(frozen=True)
class Seen:
    """The tags that a resource carries now, raw keys. `version`: what the cloud wants back with a write."""

    tags: Mapping[str, str] = field(repr=False)  # values may be sensitive
    version: str | None = None


@dataclass(frozen=True)
class Failed:
    """Why one resource was not read or not written. `reason`: in words, harmless to show, without tag values."""

    kind: FailKind
    reason: str
    permission: str | None = None


@dataclass(frozen=True)
class Done:
    """The cloud took the change. `request`: its own id of the request, which its audit log may name; `tags`: what the
    answer says that the resource carries now, None where it does not say it."""

    request: str | None = None
    tags: Mapping[str, str] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Edit:
    """One change of one resource: keys to put, keys to take away (only ever those that an earlier plan put there)."""

    target: Target
    put: Mapping[str, str] = field(repr=False)
    drop: tuple[str, ...] = ()


class Writer(Protocol):
    """Writes tags of one provider. One thread uses it. `actor`: who writes, as the provider's audit log names it ("" not known).
    `fenced`: the cloud itself refuses a write where anything has changed since the read."""

    @property
    def provider(self) -> str: ...
    @property
    def fenced(self) -> bool: ...
    @property
    def actor(self) -> str: ...

    def actor_in(self, account_id: str) -> str:
        """`actor` as the audit log of one account names it: where a role leads there, the role's session."""
        ...

    def refuses(self, target: Target) -> str | None:
        """Why this resource is never written through its API, in words; None where it can be. Asks nobody."""
        ...

    def batches(self, edits: Sequence[Edit]) -> list[list[Edit]]:
        """The edits in the groups in which they are read and written: each group takes one call to write."""
        ...

    def read(self, targets: Sequence[Target]) -> Mapping[Target, Seen | Failed]:
        """What each of the targets carries now, fresh from the resource's own API; never from an index that lags."""
        ...

    def write(self, edits: Sequence[tuple[Edit, Seen]]) -> Mapping[Target, Done | Failed]:
        """Make the edits of one batch, each with what `read` saw just before. Nothing is waited for and nothing sent again: what is
        throttled is told as such, and the next `read` of it waits. One failure never loses the others; raises nothing for what
        a cloud answers."""
        ...

    def close(self) -> None: ...
