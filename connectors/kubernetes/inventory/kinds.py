"""Which kinds of objects are listed, and by which request of the client?

A kind is listed by one call over all namespaces, or one per namespace where only some are wanted. Of most kinds only
the metadata is asked for: neither a workload's environment nor a job's arguments ever leave the cluster.
"""

from __future__ import annotations

from dataclasses import dataclass

CORE, APPS, BATCH = "CoreV1Api", "AppsV1Api", "BatchV1Api"
TYPE = "k8s:"


@dataclass(frozen=True)
class Kind:
    """`name`: as it stands in ids; `plural`, `group`: as RBAC rules name it, "" for the core group; `api`: the
    client's class; `whole`: its spec is asked for too."""

    name: str
    plural: str
    group: str
    api: str
    namespaced: bool = True
    whole: bool = False

    @property
    def type(self) -> str:
        return f"{TYPE}{self.name}"

    @property
    def path(self) -> str:
        return f"/apis/{self.group}/v1" if self.group else "/api/v1"

    @property
    def call(self) -> str:
        """The request as it is counted."""
        return f"kubernetes:list {self.plural}"


NAMESPACE = Kind("namespace", "namespaces", "", CORE, namespaced=False)
NODE = Kind("node", "nodes", "", CORE, namespaced=False, whole=True)
POD = Kind("pod", "pods", "", CORE)
KINDS = (
    NAMESPACE,
    NODE,
    Kind("deployment", "deployments", "apps", APPS),
    Kind("statefulset", "statefulsets", "apps", APPS),
    Kind("daemonset", "daemonsets", "apps", APPS),
    Kind("job", "jobs", "batch", BATCH),
    Kind("cronjob", "cronjobs", "batch", BATCH),
    Kind("persistentvolumeclaim", "persistentvolumeclaims", "", CORE, whole=True),
    POD,
)
BY_NAME = {kind.name: kind for kind in KINDS}
