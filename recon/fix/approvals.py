"""Who may let a plan be applied, and until when? A plan's approval binds to its hash; a standing one to check, key and scope.

Names are those that people sign with; roles keep honest people apart (ADR 20 says what they can't do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase

from recon.config.fixing import Fixing
from recon.errors import InputError
from recon.fix.guards import guarded
from recon.fix.history import History
from recon.fix.log import Event, News
from recon.fix.plan_file import PlanFile
from recon.fix.planned import Action
from recon.hostile import shown
from recon.model import short_id
from recon.registry import Registry


@dataclass(frozen=True)
class Signature:
    """Who signs, when, until when, and what is said with it."""

    by: str
    at: datetime
    until: datetime | None = None
    comment: str = ""

    @property
    def stamp(self) -> str:
        return instant(self.at)


def instant(at: datetime) -> str:
    """`YYYY-MM-DDTHH:MM:SSZ` in UTC."""
    whole = at.astimezone(UTC) if at.tzinfo else at
    return f"{whole:%Y-%m-%dT%H:%M:%SZ}"


def may(role: str, names: Sequence[str], who: str) -> None:
    """Raises InputError where the configuration names who has the role and `who` is none of them."""
    if names and who not in names:
        raise InputError(
            f"{shown(who, 60)} may not {role}: fix.roles.{role} names {', '.join(shown(n, 60) for n in names)}. "
            "Let one of them do it, or sign with your own name (--by)"
        )


def still_may(by: str, fixing: Fixing) -> bool:
    """Whether who has signed an approval may approve today, too: who has lost the role approves nothing any more."""
    return not fixing.roles.approve or by in fixing.roles.approve


def approved(
    found: PlanFile,
    history: History,
    registry: Registry,
    fixing: Fixing,
    sign: Signature,
    live: Mapping[str, int],
) -> News:
    """The event that approves a plan. Raises InputError where the plan may not be approved, or not by this person."""
    may("approve", fixing.roles.approve, sign.by)
    actions = found.plan.actions
    if not actions:
        raise InputError("the plan holds no action: there is nothing to approve")
    _kept, held = guarded(actions, fixing.protected, fixing.caps, registry, live)
    if held:
        first = held[0]
        raise InputError(
            f"{len(held)} of {len(actions)} actions may not be planned, first {first.action.id} "
            f"({shown(first.action.target.resource_id, 80)}): {first.reason} Take them out, or change the configuration"
        )
    _author(found, history, registry, sign.by)
    until = sign.until or sign.at + timedelta(hours=fixing.approval_hours)
    if until <= sign.at:
        raise InputError(f"--until {instant(until)} has passed; name a later instant")
    own = short_id("approval", found.sha, sign.by, sign.stamp, instant(until))
    return News(
        sign.by, "approve", found.sha,
        {
            "approval": own, "until": instant(until), "comment": sign.comment, "actions": len(actions),
            "author": found.plan.header.author, "file": found.path.name,
        },
    )  # fmt: skip


def _author(found: PlanFile, history: History, registry: Registry, by: str) -> None:
    strict = sorted({a.key for a in found.plan.actions if _strict(registry, a.key)})
    if not strict:
        return
    authors = history.authors.get(found.sha)
    if authors is None:
        raise InputError(
            f"who made or edited this plan is not known, and the registry wants {', '.join(strict)} approved by somebody else. "
            "Whoever edited it signs for that first: tagrecon fix plan --edited FILE"
        )
    if by in authors:
        raise InputError(
            f"{shown(by, 60)} made or edited this plan; the registry wants {', '.join(strict)} approved by somebody else"
        )


def _strict(registry: Registry, key: str) -> bool:
    known = registry.keys.get(key)
    return known is not None and not known.fixes.author_may_approve


@dataclass(frozen=True)
class Standing:
    """A standing approval: actions of one verdict and key in a scope, at most so many and so much money a run.

    `provider`, `account`, `resource`: globs, "*" for all; `most`: actions; `money`: currency → EffectiveCost."""

    id: str
    by: str
    at: str
    until: str
    check: str
    key: str
    provider: str = "*"
    account: str = "*"
    resource: str = "*"
    most: int = 20
    money: Mapping[str, Decimal] = field(default_factory=dict)
    comment: str = ""
    revoked_by: str = ""

    def holds(self, at: str) -> bool:
        return not self.revoked_by and at <= self.until

    def covers(self, action: Action) -> bool:
        """Whether the action lies in its scope; caps are looked at over all of them (`within`)."""
        target = action.target
        places = (
            (target.provider_id, self.provider), (target.account_id, self.account), (target.resource_id, self.resource)
        )  # fmt: skip
        return (
            action.verdict == self.check
            and action.key == self.key
            and all(fnmatchcase(text.casefold(), glob.casefold()) for text, glob in places)
        )

    def within(self, actions: Sequence[Action]) -> list[Action]:
        """Of the actions that it covers, those that its caps let through: the dearest first, ties by id; in the order of `actions`."""
        chosen: set[str] = set()
        spent: dict[str, Decimal] = {}
        for each in sorted(filter(self.covers, actions), key=lambda a: (-(a.effective or 0), a.id)):
            currency, amount = each.currency or "", abs(each.effective or Decimal(0))
            cap = self.money.get(currency)
            over = cap is not None and spent.get(currency, Decimal(0)) + amount > cap
            # where money is capped, what has no price in a capped currency can't be counted against it
            unpriced = bool(self.money) and (cap is None or each.effective is None)
            if over or unpriced or len(chosen) >= self.most:
                continue
            spent[currency] = spent.get(currency, Decimal(0)) + amount
            chosen.add(each.id)
        return [a for a in actions if a.id in chosen]


def signed(wanted: Standing, registry: Registry, fixing: Fixing, checks: Sequence[str]) -> News:
    """The event that makes a standing approval. Raises InputError where it can't be one."""
    may("approve", fixing.roles.approve, wanted.by)
    if wanted.check not in checks:
        raise InputError(f"--check names one of {', '.join(checks)}")
    known = registry.keys.get(wanted.key)
    if known is None:
        raise InputError(
            f"--key: the registry has no key {shown(wanted.key, 80)}; it has {', '.join(sorted(registry.keys))}"
        )
    if known.fixes.protected:
        raise InputError(f"the registry protects the key {wanted.key}: nothing may change it")
    if wanted.until <= wanted.at:
        raise InputError("a standing approval expires: name an instant in the future with --until")
    said = {
        "until": wanted.until, "check": wanted.check, "key": wanted.key, "provider": wanted.provider, "account": wanted.account,
        "resource": wanted.resource, "most": wanted.most, "money": {c: format(v, "f") for c, v in sorted(wanted.money.items())},
        "comment": wanted.comment,
    }  # fmt: skip
    return News(wanted.by, "standing", short_id("standing", wanted.by, wanted.at, said), said)


def lapsed(standing: Standing, registry: Registry, fixing: Fixing) -> str:
    """Why a standing approval that has not ended allows nothing any more, as a sentence; "" where it does."""
    if not still_may(standing.by, fixing):
        return f"{shown(standing.by, 60)}, who signed it, may not approve any more (fix.roles.approve)"
    known = registry.keys.get(standing.key)
    if known is None:
        return f"the registry has no key {shown(standing.key, 80)} any more"
    return f"the registry protects the key {shown(standing.key, 80)}" if known.fixes.protected else ""


def standing_approvals(events: Sequence[Event]) -> list[Standing]:
    """All that were ever signed, in the order of signing; revoked ones say by whom."""
    found: dict[str, Standing] = {}
    for event in events:
        said = event.detail
        if event.what == "standing":
            money = {str(c): Decimal(v) for c, v in said.get("money", {}).items()}
            names = ("until", "check", "key", "provider", "account", "resource")
            texts = {name: str(said.get(name, "*")) for name in names}
            found[event.subject] = Standing(
                event.subject, event.who, event.at, **texts, most=int(said.get("most", 0)), money=money,
                comment=str(said.get("comment", "")),
            )  # fmt: skip
        elif event.what == "revoke" and event.subject in found:
            found[event.subject] = Standing(**vars(found[event.subject]) | {"revoked_by": event.who})
    return list(found.values())
