"""A cluster on loopback, and listers of it whose time passes only where somebody waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from connectors.kubernetes.inventory.clients import Tries
from connectors.kubernetes.inventory.lister import KubernetesLister
from connectors.live.pace import Pace
from recon.config.live import KubernetesScope
from tests.clouds.kubernetes import Cluster

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


class Clock:
    """Time that passes only where somebody waits; `slept`: for how long each time."""

    def __init__(self) -> None:
        self.now, self.slept = 1000.0, list[float]()

    def time(self) -> float:
        return self.now

    def sleep(self, duration: float) -> None:
        self.now += duration
        self.slept.append(duration)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lister(cluster: Cluster, clock: Clock) -> Iterator[Open]:
    opened: list[KubernetesLister] = []

    def open_here(read: float = 5, again: int = 1, page: int = 500, **scope: object) -> KubernetesLister:
        named = {"cluster": "prod", "kubeconfig": cluster.kubeconfig()} | scope
        pace = Pace(patience=60, clock=clock.time, sleep=clock.sleep)
        tries = Tries(connect=5, read=read, again=again, first=0.01)
        opened.append(KubernetesLister(KubernetesScope.model_validate(named), pace, tries, page))
        return opened[-1]

    yield open_here
    for one in opened:
        one.close()
