"""Who writes tags in AWS, by which calls, and what came of each?

One call for up to 20 resources of an account × region that get the same tags; a call for each where the service's own
is used. What is put is put first and what is taken away after it, so that no resource is ever left with less.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.session import SESSION_NAME, Sessions
from connectors.aws.writer import activation, tagging
from connectors.aws.writer.outcomes import failed, refused
from connectors.aws.writer.own_calls import OwnCalls
from connectors.aws.writer.permissions import WRITE_CALLS
from connectors.aws.writer.roads import Road, call_of, road_to
from connectors.live.pace import Pace
from recon.config.live import AwsScope
from recon.errors import OurBug, Unreachable
from recon.fix.writing import Done, Edit, Failed, Seen, Target

_Answer = TypeVar("_Answer", Seen, Done)
_Told = dict[Target, Done | Failed]


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


class AwsWriter:
    """A Writer of AWS (recon/fix/writing.py). `today`: the day by which a backfill's reach is told (UTC)."""

    def __init__(self, scope: AwsScope, pace: Pace, today: Callable[[], dt.date] = _today) -> None:
        self._sessions = Sessions(scope, pace, WRITE_CALLS)
        self._pace, self._today = pace, today
        self._desks: dict[str, Desk] = {}
        self._own = OwnCalls()

    @property
    def provider(self) -> str:
        return "aws"

    @property
    def fenced(self) -> bool:
        """No call takes back what was read: what came in between is found afterwards."""
        return False

    @property
    def actor(self) -> str:
        """Who the credentials are; in another account CloudTrail names whom `actor_in` says."""
        try:
            return self._sessions.arn
        except Unreachable:
            return ""

    def actor_in(self, account: str) -> str:
        """Whom CloudTrail names in that account: the session of the role that is assumed there; "" not known."""
        try:
            role = self._sessions.role_arn(account)
        except Unreachable:
            return ""
        if role is None:
            return self.actor
        name = role.rsplit("/", 1)[-1]
        return f"arn:{role.split(':')[1]}:sts::{account}:assumed-role/{name}/{SESSION_NAME}"

    def refuses(self, target: Target) -> str | None:
        """See Writer."""
        road = road_to(target)
        return road if isinstance(road, str) else None

    def batches(self, edits: Sequence[Edit]) -> list[list[Edit]]:
        """See Writer. A resource stands in one batch once."""
        found: list[list[Edit]] = []
        filling: dict[object, list[Edit]] = {}
        for edit in edits:
            call, most = call_of(edit)
            batch = filling.get(call)
            known = [each.target.resource_id for each in batch or ()]
            if batch is None or len(batch) >= most or edit.target.resource_id in known:
                batch = filling[call] = []
                found.append(batch)
            batch.append(edit)
        return found

    def read(self, targets: Sequence[Target]) -> Mapping[Target, Seen | Failed]:
        """See Writer."""
        told: dict[Target, Seen | Failed] = {}
        together: dict[tuple[str, str, bool], list[Target]] = {}
        for target in dict.fromkeys(targets):
            road = road_to(target)
            if isinstance(road, str):
                told[target] = Failed("unsupported", road)
            elif road.way is not None and road.arn is not None:
                told |= _reached([target], lambda r=road, t=target: {t: self._read_own(r)})  # type: ignore[misc]
            else:
                together.setdefault((road.account, road.region, road.arn is None), []).append(target)
        for (account, region, costs), group in together.items():
            desk = self._desk(Road(account))
            if costs:
                told |= activation.read(desk, group)
            else:
                seen = tagging.read(desk, region, list(dict.fromkeys(t.resource_id for t in group)))
                told |= {target: seen[target.resource_id] for target in group}
        return told

    def write(self, edits: Sequence[tuple[Edit, Seen]]) -> Mapping[Target, Done | Failed]:
        """See Writer. Raises OurBug for two edits of one resource."""
        seen = {edit.target: before for edit, before in edits}
        if len({target.resource_id for target in seen}) != len(edits):
            raise OurBug("two edits of one resource in one batch")
        told: _Told = {}
        for batch in self.batches([edit for edit, _ in edits]):
            told |= self._write(batch, seen)
        return told

    def close(self) -> None:
        """See Writer."""
        for desk in self._desks.values():
            desk.__exit__()
        self._desks.clear()

    def _write(self, batch: Sequence[Edit], seen: Mapping[Target, Seen]) -> _Told:
        """Write one call's edits. Those that AWS would refuse are told without being sent."""
        road = road_to(batch[0].target)
        if isinstance(road, str):
            return {edit.target: Failed("unsupported", road) for edit in batch}
        told: _Told = {}
        left: list[Edit] = []
        for edit in batch:
            before = seen[edit.target]
            wrong = refused(edit, before) if road.arn else activation.refused(edit, self._today())
            if wrong is not None:
                told[edit.target] = wrong
            else:
                left.append(edit)
        targets = [edit.target for edit in left]
        if not left:
            return told
        if road.arn is None:
            return told | _reached(targets, lambda: activation.change(self._desk(road), left))
        values = [v for e in left for v in (*e.put.values(), *seen[e.target].tags.values())]
        return told | _reached(targets, lambda: self._tag(road, left, values))

    def _tag(self, road: Road, edits: Sequence[Edit], values: Sequence[str]) -> _Told:
        told: _Told = {edit.target: Done() for edit in edits}
        if edits[0].put:
            told |= self._sent(road, edits, values, drop=False)
        rest = [edit for edit in edits if isinstance(told[edit.target], Done)]
        if not rest or not rest[0].drop:
            return told
        for target, said in self._sent(road, rest, values, drop=True).items():
            if isinstance(said, Failed) and rest[0].put:  # half of it is done: whoever reads it must know
                said = Failed(
                    said.kind, f"tags were put, but none taken away: {said.reason}", said.permission
                )
            told[target] = said
        return told

    def _sent(self, road: Road, edits: Sequence[Edit], values: Sequence[str], drop: bool) -> _Told:
        desk, first = self._desk(road), edits[0]
        if road.way is not None and road.arn is not None:
            own = (desk, road.way, road.arn, road.region)
            if drop:
                return {first.target: self._own.drop(*own, first.drop, values)}
            return {first.target: self._own.put(*own, first.put, values)}
        arns = [edit.target.resource_id for edit in edits]
        if drop:
            said = tagging.drop(desk, road.region, arns, first.drop, values)
        else:
            said = tagging.put(desk, road.region, arns, first.put, values)
        return {edit.target: said[edit.target.resource_id] for edit in edits}

    def _read_own(self, road: Road) -> Seen | Failed:
        assert road.way is not None and road.arn is not None
        return self._own.read(self._desk(road), road.way, road.arn, road.region)

    def _desk(self, road: Road) -> Desk:
        """Raises Unreachable where the own account is needed and the credentials don't tell it."""
        account = road.account or self._sessions.account
        if account not in self._desks:
            self._desks[account] = Desk(self._sessions, self._pace, account)
        return self._desks[account]


def _reached(
    targets: Iterable[Target], asked: Callable[[], dict[Target, _Answer | Failed]]
) -> dict[Target, _Answer | Failed]:
    """The answers; where nobody could be asked that is the answer of each."""
    try:
        return asked()
    except Unreachable as error:
        return dict.fromkeys(targets, failed(error, "sts", error.permission or "", ()))
