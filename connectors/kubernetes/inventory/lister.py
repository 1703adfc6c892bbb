"""What lies in the configured cluster now, with its labels?

A unit is a kind. One call lists 500 objects of a kind over all namespaces: a cluster of 200 namespaces and 5,000
objects takes some 20 requests, and 1,800 were each namespace listed for itself. It is also how access is granted: one
kind may be denied alone. Where only some namespaces are configured, a unit asks for them one after the other, for
that is all that a role in them allows; nodes lie in none, and are left out then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from connectors.kubernetes.inventory.clients import Answered, Clients, Tries
from connectors.kubernetes.inventory.kinds import BY_NAME, KINDS, NAMESPACE, Kind
from connectors.kubernetes.inventory.permissions import GET_NAMESPACE, LIST
from connectors.kubernetes.inventory.rows import resource
from connectors.live.pace import Pace
from recon.config.live import KubernetesScope
from recon.errors import Unreachable
from recon.hostile import shown
from recon.snapshot.listing import Resource, Unit, Unseen

PAGE = 500
_RESTARTS = 3  # a listing whose token expires more often than that outlives no token


class KubernetesLister:
    """A `Lister` over the API server of one cluster. A kind is listed again from its beginning where its continue token
    expires (410 Gone); what was already named is then named twice, alike but for what changed since."""

    provider = "k8s"

    def __init__(
        self, scope: KubernetesScope, pace: Pace, tries: Tries | None = None, page: int = PAGE
    ) -> None:
        self._scope, self._page = scope, page
        self._namespaces = tuple(dict.fromkeys(scope.namespaces))
        self._clients = Clients(scope, pace, tries or Tries())

    @property
    def lists_untagged(self) -> bool:
        """False where only some namespaces are listed: that proves nothing about the rest of the cluster."""
        return not self._namespaces

    @property
    def calls(self) -> Counter[str]:
        return self._clients.calls

    def units(self) -> Iterator[Unit | Unseen]:
        """One unit for each kind. Asks nothing yet."""
        for kind in KINDS:
            if kind.namespaced or kind is NAMESPACE or not self._namespaces:
                key = f"{self._scope.cluster}/{kind.name}"
                yield Unit(key, "k8s", self._scope.cluster, share="kubernetes", type=kind.type)

    def resources(self, unit: Unit) -> Iterator[Resource | Unseen]:
        """The objects of a kind. Raises Unreachable; a kind that is denied, or not served, is an Unseen."""
        kind = BY_NAME[unit.key.rpartition("/")[2]]
        if kind is NAMESPACE and self._namespaces:
            yield from self._named_namespaces()
            return
        for namespace in self._namespaces or (None,):
            try:
                for page in self._pages(kind, namespace):
                    yield from page
            except Answered as error:
                yield self._unseen(kind, namespace, error)

    def activations(self) -> tuple[()]:
        """None: labels reach a cost export of a cluster without being activated."""
        return ()

    def probe(self) -> Iterator[Unit | Unseen]:
        """Each kind of which one object can be listed."""
        for unit in self.units():
            if isinstance(unit, Unseen):
                continue
            kind = BY_NAME[unit.key.rpartition("/")[2]]
            namespace = self._namespaces[0] if self._namespaces else None
            try:
                if kind is NAMESPACE and namespace:
                    self._clients.namespace(namespace)
                else:
                    self._clients.page(kind, namespace, None, 1)
                yield unit
            except Answered as error:
                yield self._unseen(kind, namespace, error)
            except Unreachable as error:
                yield Unseen(
                    "k8s", unit.account, error.reason, "", kind.type, error.kind, error.permission
                )  # fmt: skip

    def close(self) -> None:
        self._clients.close()

    def _pages(self, kind: Kind, namespace: str | None) -> Iterator[list[Resource]]:
        token: str | None = None
        restarts = 0
        while True:
            try:
                said = self._clients.page(kind, namespace, token, self._page)
            except Answered as error:
                if error.status != 410:
                    raise
                restarts += 1
                if restarts > _RESTARTS:
                    raise self._broken(kind, "its continue token expires again and again") from error
                token = None
                continue
            yield self._rows(kind, said)
            following = said["metadata"].get("continue") or None
            if following is None:
                return
            if following == token:
                raise self._broken(kind, "the API server names the same page again and again")
            token = following

    def _rows(self, kind: Kind, said: dict[str, Any]) -> list[Resource]:
        items = said.get("items", False)
        if not isinstance(said.get("metadata"), dict) or not (items is None or isinstance(items, list)):
            raise self._broken(kind, "the answer is no list of objects")
        try:
            rows = (resource(self._scope.cluster, kind, item) for item in items or ())
            return [row for row in rows if row is not None]
        except ValueError as error:
            raise self._broken(kind, f"the answer holds what is no {kind.name} ({error})") from error

    def _named_namespaces(self) -> Iterator[Resource | Unseen]:
        for name in self._namespaces:
            try:
                found = resource(self._scope.cluster, NAMESPACE, self._clients.namespace(name))
                assert found is not None  # only pods can be left out
                yield found
            except Answered as error:
                yield self._unseen(NAMESPACE, name, error)
            except ValueError as error:
                raise self._broken(NAMESPACE, f"the answer is no namespace ({error})") from error

    def _unseen(self, kind: Kind, namespace: str | None, error: Answered) -> Unseen:
        where = f" in namespace {shown(namespace, 100)}" if namespace else ""
        if error.status == 403:
            wanted = GET_NAMESPACE if kind is NAMESPACE and namespace else LIST[kind.name]
            reason = f"{kind.plural}{where}: access denied ({error.said})"
            return Unseen("k8s", self._scope.cluster, reason, "", kind.type, "denied", wanted.name)
        what = "does not exist" if kind is NAMESPACE else "the API server does not know them"
        reason = f"{kind.plural}{where}: {what} ({error.said})"
        return Unseen("k8s", self._scope.cluster, reason, "", kind.type, "missing")

    def _broken(self, kind: Kind, reason: str) -> Unreachable:
        return Unreachable(f"cluster {shown(self._scope.cluster, 100)}, {kind.plural}", reason)
