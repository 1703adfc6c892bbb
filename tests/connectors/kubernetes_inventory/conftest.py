"""A cluster on loopback, and listers of it whose time passes only where somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.kubernetes.inventory.clients import Tries
from connectors.kubernetes.inventory.lister import KubernetesLister
from recon.config.live import KubernetesScope
from tests.clouds.kubernetes import Cluster
from tests.clouds.waits import Waits

Open = Callable[..., KubernetesLister]


@pytest.fixture(scope="session")
def one_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(one_cluster: Cluster) -> Cluster:
    one_cluster.clear()
    return one_cluster


@pytest.fixture
def clock() -> Waits:
    return Waits()


@pytest.fixture
def lister(cluster: Cluster, clock: Waits) -> Iterator[Open]:
    opened: list[KubernetesLister] = []

    def open_here(read: float = 5, again: int = 1, page: int = 500, **scope: object) -> KubernetesLister:
        named = {"cluster": "prod", "kubeconfig": cluster.kubeconfig()} | scope
        pace = clock.pace(patience=60)
        tries = Tries(connect=5, read=read, again=again, first=0.01)
        opened.append(KubernetesLister(KubernetesScope.model_validate(named), pace, tries, page))
        return opened[-1]

    yield open_here
    for one in opened:
        one.close()
