"""Who asks the API server, and where is it? The user's kubeconfig says so, else the pod's own service account.

Nothing is written back to a kubeconfig, and of one that can't be read no line is ever shown: it holds credentials.
"""

from __future__ import annotations

import os
from pathlib import Path

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_incluster_config, load_kube_config

from recon.config.live import KubernetesScope
from recon.errors import Unreachable
from recon.hostile import shown


def configuration(scope: KubernetesScope) -> Configuration:
    """The client's settings for the configured cluster. Raises Unreachable where there are none."""
    what, config = f"cluster {shown(scope.cluster, 100)}", Configuration()
    try:
        found = _kubeconfig(scope)
        if found is None:
            load_incluster_config(client_configuration=config)  # type: ignore[no-untyped-call]
        else:
            load_kube_config(found, scope.context, config, persist_config=False)  # type: ignore[no-untyped-call]
    except ConfigException as error:
        raise Unreachable(what, f"no credentials ({_first_line(error)})", kind="denied") from None
    except Exception as error:  # noqa: BLE001  (parsers quote the file, which holds tokens)
        reason = f"its kubeconfig can't be read ({type(error).__name__})"
        raise Unreachable(what, reason, kind="denied") from None
    # what broke is asked again by us, counted; and no redirect is followed with our token
    config.retries = False
    return config


def _kubeconfig(scope: KubernetesScope) -> str | None:
    """The configured file, else KUBECONFIG (several, as kubectl reads them), else the user's own; None in a pod that
    has none of them."""
    if scope.kubeconfig is not None:
        return str(scope.kubeconfig.expanduser())
    if named := os.environ.get("KUBECONFIG"):
        return named
    own = Path("~/.kube/config").expanduser()
    in_pod = "KUBERNETES_SERVICE_HOST" in os.environ and scope.context is None
    return None if in_pod and not own.exists() else str(own)


def _first_line(error: Exception) -> str:
    return shown((str(error).splitlines() or [""])[0].rstrip("."), 200)
