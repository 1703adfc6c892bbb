"""A cloud in memory behind the protocol of writers: for tests that try thousands of orders of events, which no server takes in seconds.

The real writers are tried over real connections in tests/connectors/*_writer and tests/clouds; the engine runs there too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from recon.fix.writing import Done, Edit, Failed, Seen, Target


class Killed(BaseException):
    """The process is gone at this point."""


@dataclass
class Cloud:
    """`tags`: resource id → its tags. `between`: called after a read and before the write that follows; `fails`: resource id →
    what writing it answers; `lost`: resource ids whose write takes effect while the answer is lost; `fenced` ones refuse a
    write after a change."""

    tags: dict[str, dict[str, str]]
    provider: str = "aws"
    fenced: bool = False
    size: int = 2
    actor: str = "arn:aws:sts::1:assumed-role/tagrecon-write/tagrecon"
    fails: dict[str, Failed] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    throttled: dict[str, int] = field(default_factory=dict)
    between: Callable[[], None] = lambda: None
    kill_before_write: bool = False
    kill_after_write: bool = False
    reads: int = 0
    writes: list[tuple[str, dict[str, str], tuple[str, ...]]] = field(default_factory=list)

    def actor_in(self, account_id: str) -> str:
        return self.actor

    def refuses(self, target: Target) -> str | None:
        return "it can't be written" if target.resource_type == "unwritable" else None

    def batches(self, edits: Sequence[Edit]) -> list[list[Edit]]:
        return [list(edits[at : at + self.size]) for at in range(0, len(edits), self.size)]

    def read(self, targets: Sequence[Target]) -> Mapping[Target, Seen | Failed]:
        self.reads += 1
        return {t: self._seen(t) for t in targets}

    def _seen(self, target: Target) -> Seen | Failed:
        own = self.tags.get(target.resource_id)
        return (
            Failed("gone", "it does not exist") if own is None else Seen(dict(own), repr(sorted(own.items())))
        )

    def write(self, edits: Sequence[tuple[Edit, Seen]]) -> Mapping[Target, Done | Failed]:
        self.between()
        if self.kill_before_write:
            raise Killed
        said = {edit.target: self._write(edit, seen) for edit, seen in edits}
        if self.kill_after_write:
            raise Killed
        return said

    def _write(self, edit: Edit, seen: Seen) -> Done | Failed:
        own = self.tags.get(edit.target.resource_id)
        if own is None:
            return Failed("gone", "it does not exist")
        if edit.target.resource_id in self.fails:
            return self.fails[edit.target.resource_id]
        if self.throttled.get(edit.target.resource_id, 0):
            self.throttled[edit.target.resource_id] -= 1
            return Failed("throttled", "slower")
        if self.fenced and repr(sorted(own.items())) != seen.version:
            return Failed("changed", "the fingerprint is stale")
        own.update(edit.put)
        for key in edit.drop:
            own.pop(key, None)
        self.writes.append((edit.target.resource_id, dict(edit.put), edit.drop))
        if edit.target.resource_id in self.lost:
            return Failed("unreachable", "the connection broke")
        return Done(f"request-{len(self.writes)}")

    def close(self) -> None: ...
