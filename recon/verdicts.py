"""The verdicts, in the order in which a reader meets them. Their numbers are what the store keeps."""

from __future__ import annotations

VERDICTS = (
    *(
        "ok",
        "inherited",
        "not-required",
        "variant",
        "invalid",
        "wrong-owner",
        "conflict",
        "tagged-late",
        "lagging",
    ),
    *("not-activated", "not-billed", "untagged", "unknown-resource", "deleted", "untaggable", "shared"),
)
# Money that the bill shows under no owner or the wrong one (product: "misattributed on the bill").
MISATTRIBUTED = (
    *(
        "conflict",
        "invalid",
        "wrong-owner",
        "variant",
        "tagged-late",
        "not-activated",
        "not-billed",
        "untagged",
    ),
    *("unknown-resource", "deleted"),
)
RUNGS = ("billed", "live", "live-later", "expected", "inherited", "default")

VERDICT_NO = {name: number for number, name in enumerate(VERDICTS)}
RUNG_NO = {name: number for number, name in enumerate(RUNGS)}
