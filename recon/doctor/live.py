"""Does each cloud that is listed live answer, scope by scope, and what would be needed where it does not?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from connectors.inventories import open_lister
from connectors.live.pace import Pace
from recon.config import Inventory
from recon.doctor.check import Check
from recon.errors import InputError, Unreachable
from recon.hostile import shown
from recon.snapshot.listing import Lister, Unit, Unseen

_PATIENCE = 20.0  # seconds that one question may wait when it is throttled: a look, not a listing
_NAMED = 10  # of the scopes that don't answer; more are counted
Opened = Callable[[Inventory, Pace], Lister]


def live(source: Inventory, opened: Opened = open_lister) -> Iterator[Check]:
    """One line for all scopes that answer, and one for each that does not, with the permission that it needs."""
    name = f"inventory {source.name}"
    try:
        lister = opened(source, Pace(patience=_PATIENCE))
    except InputError as wrong:
        yield Check(name, "wrong", str(wrong), "see docs/inventories")
        return
    try:
        yield from _answers(name, lister)
    except Unreachable as error:
        yield Check(name, "wrong", str(error), _remedy(error.permission, lister.provider))
    except Exception as error:  # noqa: BLE001  (an SDK's own: a profile that is not there, an endpoint that is no address)
        said = shown(f"{type(error).__name__}: {error}", 300)
        yield Check(name, "wrong", f"its client can't ask ({said})", _remedy(None, lister.provider))
    finally:
        lister.close()


def _answers(name: str, lister: Lister) -> Iterator[Check]:
    answered: Counter[str] = Counter()
    silent: list[Unseen] = []
    for each in lister.probe():
        if isinstance(each, Unit):
            answered[each.account] += 1
        else:
            silent.append(each)
    if answered:
        accounts = len([account for account in answered if account])
        within = f" in {accounts} account{'s' * (accounts != 1)}" if accounts else ""
        scopes = answered.total()
        yield Check(name, "ok", f"{lister.provider}: {scopes} scope{'s' * (scopes != 1)} answer{within}")
    elif not silent:
        yield Check(
            name,
            "wrong",
            f"{lister.provider}: there is nothing to list",
            "widen its scope in the configuration",
        )
    for unseen in silent[:_NAMED]:
        where = " ".join(part for part in (unseen.account, unseen.region, unseen.type) if part) or "all of it"
        yield Check(
            name,
            "wrong",
            f"{shown(where, 120)}: {unseen.reason}",
            _remedy(unseen.permission, lister.provider),
        )
    if len(silent) > _NAMED:
        yield Check(name, "wrong", f"{len(silent) - _NAMED} more scopes don't answer")


def _remedy(permission: str | None, provider: str) -> str:
    cloud = {"k8s": "kubernetes"}.get(provider, provider)
    if permission is None:
        return "see that it is reachable from here and that credentials are set"
    return f"grant {permission} (`tagrecon doctor --policy {cloud}` prints all that is needed)"
