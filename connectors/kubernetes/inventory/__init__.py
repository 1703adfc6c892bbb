"""What lies in a Kubernetes cluster now, and which labels does it carry? Listed kind by kind, over the official client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.live.pace import Pace
    from recon.config.live import KubernetesScope
    from recon.snapshot.listing import Lister


def open_lister(scope: KubernetesScope, pace: Pace | None = None) -> Lister:
    """A lister of the cluster that `scope` names. The client is imported here, not before. Nothing is asked yet."""
    from connectors.kubernetes.inventory.lister import KubernetesLister
    from connectors.live.pace import Pace as OwnPace

    return KubernetesLister(scope, pace or OwnPace())
