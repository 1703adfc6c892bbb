"""An invented estate of AWS as the services would show it: tagging API, Resource Explorer, Organizations, roles.

For whole estates with ids of their own, which moto can't be given. Every request and answer is checked against
botocore's models (`aws_wire`); the roles' answers (STS, EC2 regions) are written as the query protocol's XML.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from tests.clouds.aws_wire import Asked, Refused, check_request
from tests.clouds.aws_writes import Writes

ORGANIZATION = "o-exampleorgid"
_CONTAINERS = (
    "organizations:account",
    "aws::organizations::account",
    "organizations:ou",
    "organizations:root",
)


class Estate:
    """`resources`: dicts {account, region, type, id, name, container, tags}. `never_tagged` is what Explorer alone
    shows: an empty tag map, unless the dict says `was_tagged`."""

    def __init__(self, resources: Iterable[Mapping[str, Any]], own: str, page: int = 100) -> None:
        self.own, self.page = own, page
        resources = [{**each, "tags": dict(each.get("tags") or {})} for each in resources]
        self.places: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self.accounts: dict[str, dict[str, Any]] = {}
        self.units: list[dict[str, Any]] = []
        for each in resources:
            kind = str(each["type"]).lower()
            if kind.endswith(":account"):
                self.accounts[each["account"]] = each
            elif kind in _CONTAINERS:
                self.units.append(each)
            else:
                region = each.get("region") or ""
                self.places[each["account"], "us-east-1" if region in ("", "global") else region].append(each)
        for account in sorted({account for account, _ in self.places} - set(self.accounts)):
            self.accounts[account] = {"account": account, "id": _account_arn(own, account), "tags": {}}
        self.writes = Writes(self.find, self.found_container)
        self.regions = sorted({region for _, region in self.places} | {"us-east-1"})

    def account_of(self, access_key: str) -> str:
        """The account whose role the key was given for; the own one for the user's own key."""
        return access_key[4:16] if access_key.startswith("ASIA") else self.own

    def answers(self, asked: Asked) -> dict[str, Any] | str | None:
        """What the estate says: an answer, XML of the query protocol, or None where moto is to say it."""
        name = "say_" + f"{asked.service}_{asked.operation}".replace("-", "_").lower()
        method = getattr(self, name, None) or getattr(self.writes, name, None)
        if method is not None and asked.json:
            check_request(asked)  # before it takes effect
        return None if method is None else method(asked, self.account_of(asked.access_key))

    def find(self, account: str, region: str, arn: str) -> dict[str, Any] | None:
        """A resource as that account and region know it."""
        return next((r for r in self.places.get((account, region), ()) if r["id"] == arn), None)

    def found_container(self, last: str) -> dict[str, Any] | None:
        """An account or unit by its id."""
        return next((r for r in (*self.accounts.values(), *self.units) if _last(r) == last), None)

    def tags(self) -> dict[str, dict[str, str]]:
        """The tags of everything, by id."""
        everything = [*self.accounts.values(), *self.units, *(r for p in self.places.values() for r in p)]
        return {str(each["id"]): dict(each["tags"]) for each in everything}

    def say_resourcegroupstaggingapi_getresources(self, asked: Asked, account: str) -> dict[str, Any]:
        assert asked.params is not None
        shown = [r for r in self.places[account, asked.region] if r.get("tags") or r.get("was_tagged")]
        if (named := asked.params.get("ResourceARNList")) is not None:
            if len(named) > 100 or len(asked.params) > 1:
                raise Refused("InvalidParameterException", "at most 100 ARNs, and nothing beside them")
            mapped = [{"ResourceARN": r["id"], "Tags": _pairs(r["tags"])} for r in shown if r["id"] in named]
            return {"PaginationToken": "", "ResourceTagMappingList": mapped}
        size = min(asked.params.get("ResourcesPerPage", 50), self.page)
        page, token = _page(shown, asked.params.get("PaginationToken"), size)
        mapped = [{"ResourceARN": r["id"], "Tags": _pairs(r.get("tags"))} for r in page]
        return {"PaginationToken": token or "", "ResourceTagMappingList": mapped}

    def say_resource_explorer_2_getdefaultview(self, asked: Asked, account: str) -> dict[str, Any]:
        return {"ViewArn": f"arn:aws:resource-explorer-2:{asked.region}:{account}:view/all/1"}

    def say_resource_explorer_2_getview(self, asked: Asked, account: str) -> dict[str, Any]:
        assert asked.params is not None
        view = {"ViewArn": asked.params["ViewArn"], "IncludedProperties": [{"Name": "tags"}]}
        return {"View": {**view, "Owner": account, "Filters": {"FilterString": ""}}}

    def say_resource_explorer_2_listresources(self, asked: Asked, account: str) -> dict[str, Any]:
        assert asked.params is not None
        wanted = asked.params.get("Filters", {}).get("FilterString", "").removeprefix("region:")
        found = [
            r
            for r in self.places[account, asked.region]
            if wanted == ("global" if r.get("region") in ("", "global", None) else asked.region)
        ]
        size = asked.params.get("MaxResults", 100)
        page, token = _page(found, asked.params.get("NextToken"), min(size, self.page))
        if size == 1000:  # as AWS does: no token for the next page, however much is left
            token = None
        more = {"NextToken": token} if token else {}
        return {"Resources": [_explored(r, account) for r in page], **more}

    def say_organizations_listaccounts(self, asked: Asked, _: str) -> dict[str, Any]:
        assert asked.params is not None
        page, token = _page(list(self.accounts.values()), asked.params.get("NextToken"), 10)
        return {"Accounts": [_account(a) for a in page], **({"NextToken": token} if token else {})}

    def say_organizations_listroots(self, asked: Asked, _: str) -> dict[str, Any]:
        return {"Roots": [{"Id": "r-root", "Arn": _root(self.own), "Name": "Root"}]}

    def say_organizations_listorganizationalunitsforparent(self, asked: Asked, _: str) -> dict[str, Any]:
        inside = [u for u in self.units if self._parent(u) == self._arn((asked.params or {})["ParentId"])]
        return {"OrganizationalUnits": [{"Id": _last(u), "Arn": u["id"], "Name": u["name"]} for u in inside]}

    def say_organizations_listaccountsforparent(self, asked: Asked, _: str) -> dict[str, Any]:
        parent = self._arn((asked.params or {})["ParentId"])
        return {"Accounts": [_account(a) for a in self.accounts.values() if self._parent(a) == parent]}

    def say_organizations_listtagsforresource(self, asked: Asked, _: str) -> dict[str, Any]:
        found = self.found_container((asked.params or {})["ResourceId"])
        return {"Tags": _pairs(found["tags"]) if found else []}

    def say_sts_getcalleridentity(self, asked: Asked, account: str) -> str:
        arn = f"arn:aws:sts::{account}:assumed-role/x/y"
        inner = f"<UserId>AIDA</UserId><Account>{account}</Account><Arn>{arn}</Arn>"
        return f"<R><GetCallerIdentityResult>{inner}</GetCallerIdentityResult></R>"

    def say_sts_assumerole(self, asked: Asked, _: str) -> str:
        account = (asked.params or {})["RoleArn"].split(":")[4]
        keys = f"<AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
        rest = "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
        return f"<R><AssumeRoleResult><Credentials>{keys}{rest}</Credentials></AssumeRoleResult></R>"

    def say_ec2_describeregions(self, asked: Asked, _: str) -> str:
        items = "".join(f"<item><regionName>{region}</regionName></item>" for region in self.regions)
        return f"<R><regionInfo>{items}</regionInfo></R>"

    def _parent(self, each: Mapping[str, Any]) -> str:
        return str(each.get("container") or _root(self.own))

    def _arn(self, unit: str) -> str:
        return next((str(u["id"]) for u in self.units if _last(u) == unit), _root(self.own))


def _page(rows: list[Any], token: str | None, size: int) -> tuple[list[Any], str | None]:
    at = int(token or 0)
    return rows[at : at + size], str(at + size) if at + size < len(rows) else None


def _pairs(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": k, "Value": v} for k, v in (tags or {}).items()]


def _explored(resource: Mapping[str, Any], account: str) -> dict[str, Any]:
    tags = [{"Name": "tags", "Data": _pairs(resource["tags"])}] if resource.get("tags") else []
    return {"Arn": resource["id"], "OwningAccountId": account, "Properties": tags}


def _account(each: Mapping[str, Any]) -> dict[str, Any]:
    state = each.get("state", "ACTIVE")
    return {"Id": each["account"], "Arn": each["id"], "Name": each.get("name") or "account", "State": state}


def _account_arn(own: str, account: str) -> str:
    return f"arn:aws:organizations::{own}:account/{ORGANIZATION}/{account}"


def _root(own: str) -> str:
    return f"arn:aws:organizations::{own}:root/{ORGANIZATION}/r-root"


def _last(each: Mapping[str, Any]) -> str:
    return str(each["id"]).rsplit("/", 1)[1]
