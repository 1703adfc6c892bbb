"""Cost allocation tags of the account that pays, with state: which keys are active, and what was backfilled.

Source: AWS, Cost Explorer API Reference.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.clouds.aws_wire import Asked, Refused

_KEYS = 20


class CostTags:
    """`status`: key → Active or Inactive, as AWS has seen keys; `backfills`: the history, as AWS writes it; `wrong`: key →
    code that its change meets; `page`: keys in one answer; `requested`: when the next backfill is asked for."""

    def __init__(self) -> None:
        self.status, self.wrong = dict[str, str](), dict[str, str]()
        self.backfills = list[dict[str, str]]()
        self.page, self.requested = 1000, "2026-11-20T00:00:00Z"

    def stubs(self) -> dict[str, Callable[[Asked], dict[str, Any]]]:
        return {
            "ce:ListCostAllocationTags": self._list,
            "ce:UpdateCostAllocationTagsStatus": self._update,
            "ce:ListCostAllocationTagBackfillHistory": self._history,
            "ce:StartCostAllocationTagBackfill": self._start,
        }

    def _list(self, asked: Asked) -> dict[str, Any]:
        said = asked.params or {}
        known = (
            sorted(self.status) if (keys := said.get("TagKeys")) is None else sorted({*keys} & {*self.status})
        )
        at = int(said.get("NextToken") or 0)
        tags = [
            {"TagKey": key, "Type": "UserDefined", "Status": self.status[key]}
            for key in known[at : at + self.page]
        ]
        more = {"NextToken": str(at + self.page)} if at + self.page < len(known) else {}
        return {"CostAllocationTags": tags, **more}

    def _update(self, asked: Asked) -> dict[str, Any]:
        wanted = (asked.params or {})["CostAllocationTagsStatus"]
        assert 1 <= len(wanted) <= _KEYS, "1 to 20 keys"
        wrongs = []
        for each in wanted:
            key = each["TagKey"]
            code = self.wrong.get(key) or ("" if key in self.status else "TagKeysNotFoundException")
            if code:
                wrongs.append({"TagKey": key, "Code": code, "Message": "no"})
            else:
                self.status[key] = each["Status"]
        return {"Errors": wrongs}

    def _history(self, asked: Asked) -> dict[str, Any]:
        return {"BackfillRequests": self.backfills}

    def _start(self, asked: Asked) -> dict[str, Any]:
        if any(each["BackfillStatus"] == "PROCESSING" for each in self.backfills):
            raise Refused("BackfillLimitExceededException", "a backfill is at work")
        start = (asked.params or {})["BackfillFrom"]
        new = {"BackfillFrom": start, "RequestedAt": self.requested, "BackfillStatus": "PROCESSING"}
        self.backfills.insert(0, new)
        return {"BackfillRequest": new}
