"""What lies in the accounts of AWS now, with which tags?

A unit is one account × region. Within it the tagging API comes first: what it shows counts. What never had a tag is
added by Resource Explorer, AWS Config or the services' own lists, whichever answers. A set of the unit's ARNs is
what stays in memory, so that nothing is told twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from connectors.aws.inventory.accounts import Account, containers, members
from connectors.aws.inventory.activation import cost_allocation_tags
from connectors.aws.inventory.config_aggregator import recorded
from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.explorer import explored
from connectors.aws.inventory.place import Found, Place
from connectors.aws.inventory.regions import enabled
from connectors.aws.inventory.services import described
from connectors.aws.inventory.session import Sessions
from connectors.aws.inventory.tagging import answers, tagged
from connectors.live.pace import Pace
from recon.config.live import AwsScope
from recon.errors import Unreachable
from recon.snapshot.listing import Activation, Resource, Unit, Unseen

_ORGANIZATION, _GLOBAL = "organization", "global"
_AT_ONCE = 8  # accounts that are asked for their regions at the same time
Source = Callable[[Place, Callable[[str], bool]], Iterator[Found | Unseen]]


class AwsLister:
    """Lists what `scope` names. Methods may run in several threads."""

    def __init__(self, scope: AwsScope, pace: Pace) -> None:
        self.scope, self.pace = scope, pace
        self._sessions = Sessions(scope, pace)
        self._organization: dict[str, Account] | None = None
        self._short = scope.untagged == "none"

    @property
    def provider(self) -> str:
        return "aws"

    @property
    def calls(self) -> Counter[str]:
        return Counter(self._sessions.calls)

    @property
    def lists_untagged(self) -> bool:
        """False as soon as one unit had no source that shows what never had a tag."""
        return not self._short

    def units(self) -> Iterator[Unit | Unseen]:
        """One per account × region, one for what lies in no region where the user's regions leave the global one
        out, and one for the organization, in the account of the credentials. Raises Unreachable where the
        accounts can't be told."""
        accounts, unseen = self._accounts()
        yield from unseen
        if self._organization is not None:
            own = self._sessions.account
            yield Unit(f"aws/{_ORGANIZATION}", "aws", own, "", f"aws/{own}/{_ORGANIZATION}")
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="regions") as pool:
            for found in pool.map(self._units_of, accounts):
                yield from found

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        """What lies in the unit. Raises Unreachable."""
        with Desk(self._sessions, self.pace, unit.account) as desk:
            if unit.key == f"aws/{_ORGANIZATION}":
                yield from containers(desk, self._in_scope())
                return
            place = self._place(desk, unit)
            seen: set[str] = set()
            yield from self._new(place, seen, tagged(place))
            yield from self._untagged(place, seen)

    def activations(self) -> Iterator[Activation | Unseen]:
        """Cost allocation tags, asked with the own credentials."""
        with Desk(self._sessions, self.pace, self._sessions.account) as desk:
            yield from cost_allocation_tags(desk)

    def probe(self) -> Iterator[Unit | Unseen]:
        """The first unit of each account, asked for one resource."""
        units: dict[str, Unit] = {}
        for each in self.units():
            if isinstance(each, Unseen):
                yield each
            elif each.region or each.account not in units:
                known = units.get(each.account)
                if known is None or not known.region:
                    units[each.account] = each
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="probe") as pool:
            yield from pool.map(self._asked_once, units.values())

    def close(self) -> None:
        """Nothing stays open between questions."""

    def _accounts(self) -> tuple[list[str], list[Unseen]]:
        named, unseen = list(dict.fromkeys(self.scope.accounts)), []
        if self.scope.organization:
            try:
                with Desk(self._sessions, self.pace, self._sessions.account) as desk:
                    self._organization = members(desk)
            except Unreachable as error:
                if not named:
                    raise
                kind = "organizations:account"
                unseen.append(_unseen(self._sessions.account, error, kind=kind))
        if not named:
            known = self._organization
            own = [self._sessions.account]
            return (own if known is None else [a.id for a in known.values() if a.active]), unseen
        asked = []
        for account in named:
            state = self._organization.get(account) if self._organization else None
            if state is None or state.active:
                asked.append(account)
            else:
                reason = f"the account is {state.state} and answers nobody"
                unseen.append(Unseen("aws", account, reason, kind="missing"))
        return asked, unseen

    def _in_scope(self) -> dict[str, Account]:
        if self._organization is None:
            self._accounts()
        named = self.scope.accounts
        return {
            id: account
            for id, account in (self._organization or {}).items()
            if account.active and (not named or id in named)
        }

    def _units_of(self, account: str) -> list[Unit | Unseen]:
        try:
            with Desk(self._sessions, self.pace, account) as desk:
                regions, missing = enabled(desk, self.scope.regions)
        except Unreachable as error:
            return [_unseen(account, error)]
        units: list[Unit | Unseen] = [*missing]
        if self._sessions.global_region not in regions:
            units.append(Unit(f"aws/{account}/{_GLOBAL}", "aws", account, "", f"aws/{account}/{_GLOBAL}"))
        for region in regions:
            key = f"aws/{account}/{region}"
            units.append(Unit(key, "aws", account, region, key))
        return units

    def _place(self, desk: Desk, unit: Unit) -> Place:
        known = (self._organization or {}).get(unit.account)
        home = self._sessions.global_region
        return Place(
            desk,
            unit.region or home,
            regional=bool(unit.region),
            everywhere=not unit.region or unit.region == home,
            container=known.arn if known else None,
        )

    def _new(
        self, place: Place, seen: set[str], found: Iterable[Found | Unseen]
    ) -> Iterator[Resource | Unseen]:
        """What was not told before."""
        for each in found:
            if isinstance(each, Unseen):
                yield each
            elif each.arn not in seen and (resource := place.resource(each)) is not None:
                seen.add(each.arn)
                yield resource

    def _untagged(self, place: Place, seen: set[str]) -> Iterator[Resource | Unseen]:
        """The first of the configured sources that answers; where none does nothing proves that a resource
        without tags is not there."""
        failed: list[Unreachable] = []
        for source in self._sources():
            try:
                yield from self._new(place, seen, source(place, seen.__contains__))
                return
            except Unreachable as error:
                failed.append(error)
        self._short = True
        if failed:
            region = place.region if place.regional else ""
            why = "what never had a tag can't be seen: "
            reason = why + "; ".join(dict.fromkeys(error.reason for error in failed))
            worst = next((e for e in failed if e.permission), failed[-1])
            yield Unseen("aws", place.account, reason, region, "", worst.kind, worst.permission)

    def _sources(self) -> tuple[Source, ...]:
        known: dict[str, Source] = {
            "resource-explorer": lambda place, _: explored(place),
            "config": lambda place, _: recorded(place, self.scope.aggregator),
            "services": described,
        }
        wanted = self.scope.untagged
        return tuple(known.values()) if wanted is None else tuple(s for n, s in known.items() if n == wanted)

    def _asked_once(self, unit: Unit) -> Unit | Unseen:
        try:
            with Desk(self._sessions, self.pace, unit.account) as desk:
                answers(self._place(desk, unit))
        except Unreachable as error:
            return _unseen(unit.account, error, unit.region)
        return unit


def _unseen(account: str, error: Unreachable, region: str = "", kind: str = "") -> Unseen:
    return Unseen("aws", account, error.reason, region, kind, error.kind, error.permission)
