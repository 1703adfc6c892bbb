"""Which resources of Azure take tags by Resource Manager's tags at scope, how many, and under which names?

Sources: Microsoft, "Use tags to organize your Azure resources" (limits, resources without tags, reserved names) and
"Tag support for Azure resources"; Cloud Custodian's table of Azure types that it refuses to tag.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from urllib.parse import quote

from recon.fix.writing import Target

_ID = re.compile(
    r"/subscriptions/[^/]+(?:/resourceGroups/[^/]+)?(?:/providers/[^/]+(?:/[^/]+/[^/]+)+)*", re.I
)
_PROVIDER = re.compile(r"/providers/", re.I)
MOST, _FEW = 50, 15
_FEW_TYPES = re.compile(
    r"microsoft\.automation/.+|microsoft\.cdn/.+|microsoft\.network/(private)?dnszones(/.+)?", re.I
)
_LOWER = {ord(each): each.lower() for each in string.ascii_uppercase}
_RESERVED = ("hidden-", "microsoft", "azure", "windows")
# type → why its tags are not written
_REFUSED: Mapping[str, str] = {
    **dict.fromkeys(
        ("microsoft.network/ipgroups", "microsoft.network/firewallpolicies"),
        "Azure does not let its tags be changed without the whole resource",
    ),
    **dict.fromkeys(
        (
            "microsoft.sql/servers/databases",
            "microsoft.storage/storageaccounts/blobservices/containers",
            "microsoft.cognitiveservices/accounts/deployments",
            "microsoft.cognitiveservices/accounts/projects/connections",
            "microsoft.machinelearningservices/workspaces/jobs",
        ),
        "tags written to this type are known to be lost or to change more than tags",
    ),
}
_AT_SOURCE = "change it at its source"


def type_of(resource_id: str) -> str:
    """The type that an id tells, lower case: `microsoft.compute/disks`; "" for a subscription or a resource group."""
    parts = _PROVIDER.split(resource_id)
    if len(parts) == 1:
        return ""
    space, *rest = parts[-1].lower().split("/")
    return "/".join((space, *rest[::2]))


def refusal(target: Target) -> str | None:
    """Why this resource's tags are never written, in words; None where they can be."""
    own = target.resource_id
    if not _ID.fullmatch(own) or {".", ".."} & set(own.split("/")):
        return f"its id names nothing below a subscription of Azure that takes tags: {_AT_SOURCE}"
    kind = type_of(own)
    if kind.startswith("microsoft.classic"):
        return "classic resources of Azure take no tags"
    if kind.startswith(("microsoft.network/dnszones/", "microsoft.network/privatednszones/")):
        return f"record sets and links of a DNS zone take no tags by this way: {_AT_SOURCE}"
    return f"{why}: {_AT_SOURCE}" if (why := _REFUSED.get(kind)) else None


def path_of(resource_id: str) -> str:
    """The scope as the client library wants it: quoted, without the slash before it."""
    return quote(resource_id.strip("/"), safe="/-_.~()")


def most_tags(resource_id: str) -> int:
    """How many tags the resource may carry."""
    return _FEW if _FEW_TYPES.fullmatch(type_of(resource_id)) else MOST


def is_reserved(key: str) -> bool:
    """Whether Azure, or its portal, keeps names like this one for itself."""
    return key.casefold().startswith(_RESERVED)


def present_spelling(tags: Mapping[str, str], key: str) -> str:
    """The key as the resource spells it: names fold in Azure, and a look-alike would stand beside it in bills."""
    return next((own for own in tags if folded(own) == folded(key)), key)


def folded(key: str) -> str:
    """A name without the case of its ASCII letters. Which other letters Azure folds is not documented: taking two of
    its names for one would write to a key that nobody named, so the rest is left to Azure."""
    return key.translate(_LOWER)
