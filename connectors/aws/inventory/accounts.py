"""Which accounts are there, what do they lie in, and which tags do accounts and units carry?

Source: AWS, Organizations API Reference. Asked with the own credentials, in the partition's global region.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.aws.inventory.desk import Desk
from connectors.aws.inventory.names import parse, tags_of
from recon.errors import Unreachable
from recon.snapshot.listing import Resource, Unseen

_ORG = "organizations"


@dataclass(frozen=True)
class Account:
    """An account of the organization. `state`: ACTIVE, or why it can't be asked."""

    id: str
    arn: str
    name: str
    state: str

    @property
    def active(self) -> bool:
        return self.state == "ACTIVE"


def members(desk: Desk) -> dict[str, Account]:
    """The organization's accounts by id. Raises Unreachable."""
    found = {}
    for page in desk.pages(_ORG, "ListAccounts", desk.sessions.global_region, needs="Accounts"):
        for each in page["Accounts"]:
            state = str(each.get("State") or each.get("Status") or "ACTIVE")
            found[str(each["Id"])] = Account(
                str(each["Id"]), str(each["Arn"]), str(each.get("Name", "")), state
            )
    return found


def containers(desk: Desk, accounts: dict[str, Account]) -> Iterator[Resource | Unseen]:
    """Roots, organizational units and `accounts` with their tags, each in what it lies in. An account or unit
    whose tags can't be read is Unseen."""
    parents: dict[str, str] = {}
    try:
        yield from _units(desk, parents)
    except Unreachable as error:
        yield Unseen("aws", desk.account, error.reason, "", "organizations:ou", error.kind, error.permission)
    for account in accounts.values():
        yield from _one(desk, account.id, account.arn, account.id, account.name, parents.get(account.id))


def _units(desk: Desk, parents: dict[str, str]) -> Iterator[Resource | Unseen]:
    region = desk.sessions.global_region
    todo: list[tuple[str, str, str, str | None]] = [
        (str(root["Id"]), str(root["Arn"]), str(root.get("Name", "")), None)
        for page in desk.pages(_ORG, "ListRoots", region, needs="Roots")
        for root in page["Roots"]
    ]
    while todo:
        unit, arn, name, parent = todo.pop()
        yield from _one(desk, unit, arn, desk.account, name, parent)
        for page in desk.pages(_ORG, "ListAccountsForParent", region, needs="Accounts", ParentId=unit):
            parents |= {str(each["Id"]): arn for each in page["Accounts"]}
        call, key = "ListOrganizationalUnitsForParent", "OrganizationalUnits"
        for page in desk.pages(_ORG, call, region, needs=key, ParentId=unit):
            todo += [(str(u["Id"]), str(u["Arn"]), str(u.get("Name", "")), arn) for u in page[key]]


def _one(
    desk: Desk, id: str, arn: str, account: str, name: str, parent: str | None
) -> Iterator[Resource | Unseen]:
    known = parse(arn)
    kind = known.type if known else ""
    tags: dict[str, str] = {}
    try:
        region = desk.sessions.global_region
        for page in desk.pages(_ORG, "ListTagsForResource", region, needs="Tags", ResourceId=id):
            tags |= tags_of(page["Tags"])
    except Unreachable as error:
        yield Unseen("aws", account, error.reason, "", kind, error.kind, error.permission)
        return
    yield Resource("aws", account, "", kind, arn, name or None, parent, tags)
