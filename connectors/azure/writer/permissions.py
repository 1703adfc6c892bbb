"""What may the identity do that writes tags of Azure? Its tags, and nothing else of a resource. Data only.

Source: Microsoft, Azure Resource Manager, "Use tags to organize your Azure resources": the role Tag Contributor.
"""

from __future__ import annotations

import re

from connectors.places.permissions import Permission

READ = Permission(
    "Microsoft.Resources/tags/read",
    "the subscriptions of the plan (Tag Contributor)",
    "read a resource's tags just before and after a change",
)
WRITE = Permission(
    "Microsoft.Resources/tags/write",
    "the subscriptions of the plan (Tag Contributor)",
    "merge the tags of an approved plan into a resource's, and take away those that an undone plan had put there",
)

WRITE_PERMISSIONS: tuple[Permission, ...] = (READ, WRITE)

_TAGS = re.compile(r"/subscriptions/.+/providers/Microsoft\.Resources/tags/default", re.I)
# method and path of each request that may leave → the name it is counted by
WRITE_REQUESTS = (
    ("GET", _TAGS, "tags:GetAtScope"),
    ("PATCH", _TAGS, "tags:UpdateAtScope"),
    (
        "GET",
        re.compile(r"/subscriptions/(?:.+/)?[a-z]*operation[a-z]*/.+", re.I),
        "tags:UpdateAtScope result",
    ),
)
