"""What does a live inventory cost: requests, time, and memory as the estate grows?

Requests are counted where the SDK sends them; the clouds are those of tests/clouds, in the same process, so that wall
time holds both sides and no network. AWS is the loopback estate, since moto takes minutes to hold as much. A plain
listing asks each service by itself for what it has, and for tags where its list leaves them out.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from connectors.live.parts import Parts
from connectors.live.walk import Night, take
from recon.snapshot.listing import Lister, Listing
from tests.bench.folders import BASE
from tests.bench.measure import Case, measure, row, say, table

ACCOUNTS, REGIONS = 10, ("us-east-1", "eu-west-1")
_NOW = datetime(2026, 11, 3, 6)
# type → what a page of its own service holds, and whether its list leaves the tags out
_AWS = {
    "ec2:volume": (500, False),
    "ec2:instance": (500, False),
    "sqs:queue": (1000, True),
    "lambda:function": (50, True),
}
_GCP = ("compute.googleapis.com/Disk", "compute.googleapis.com/Instance", "storage.googleapis.com/Bucket",
        "pubsub.googleapis.com/Topic")  # fmt: skip
_ASSETS = 500  # what a page of a Google Cloud service's own list holds


def inventory(resources: int) -> None:
    """Requests and time of 10,000 resources per cloud, fewer where `resources` is small; memory of `resources` against
    a tenth of them."""
    # first: a child's peak is never below what its parent held when it began
    say("Whole processes; what is listed is made up on the way. A night's store keeps to memory_limit, 1 GB.")
    table("what", "resources", "wall s", "CPU s", "peak MB", "resources/s")
    for what in ("listing", "night"):
        for count in (resources // 10, resources):
            with TemporaryDirectory(dir=BASE) as made:
                command = [sys.executable, "-m", "tests.bench.inventory_case", what, str(count), made]
                figures = measure(Case(command))
                cells = (f"{what}{figures.failed}", f"{count:,}", f"{figures.wall:.1f}", f"{figures.cpu:.1f}")
                row(*cells, figures.peak, f"{count / figures.wall:,.0f}")
    each = min(10_000, max(resources // 20, 400))
    say(f"Live inventories: {each:,} tagged resources a cloud, on loopback, {ACCOUNTS} accounts, 8 workers.")
    table("cloud", "resources", "requests", "per 1,000", "wall s", "plain listing: per 1,000", "of which")
    for cloud in (_aws, _gcp, _azure, _kubernetes):
        with TemporaryDirectory(dir=BASE) as made:
            cloud(Path(made), each)


def _taken(opened: Callable[[], Lister], folder: Path) -> tuple[Listing, float]:
    """The second of two: the first question loads the SDK's models."""
    first = opened()
    list(first.probe())
    first.close()
    lister = opened()
    began = time.perf_counter()
    listing = take(lister, Parts(folder / f"parts-{began}"), Night("bench", _NOW))
    wall = time.perf_counter() - began
    lister.close()
    return listing, wall


def _said(cloud: str, listing: Listing, wall: float, plain: float, how: str, wanted: int) -> None:
    assert (listing.resources >= wanted, listing.unseen) == (True, ()), (listing.resources, listing.unseen)
    asked = sum(listing.calls.values())
    cells = (
        cloud,
        f"{listing.resources:,}",
        f"{asked:,}",
        f"{asked * 1000 / listing.resources:.1f}",
        f"{wall:.2f}",
    )
    row(*cells, f"{plain * 1000 / listing.resources:.1f}", how)


@contextmanager
def _led(cloud: Any, environment: dict[str, str]) -> Any:
    with patch.dict(os.environ, environment):
        try:
            yield
        finally:
            cloud.stop()


def _row(account: str, region: str, type: str, id: str, n: int) -> dict[str, Any]:
    tags = {"cost-center": f"team-{n % 40}", "environment": "prod", "n": str(n % 500)}
    return {
        "account": account,
        "region": region,
        "type": type,
        "id": id,
        "name": f"r{n}",
        "container": None,
        "tags": tags,
    }


def _aws(folder: Path, count: int) -> None:
    from connectors.aws.inventory import open_lister
    from connectors.aws.inventory.service_table import LINES
    from recon.config.live import AwsScope
    from tests.clouds.aws import AwsCloud

    rows = []
    for n in range(count):
        account, region, kind = (
            f"{n % ACCOUNTS + 1:012}",
            REGIONS[n // ACCOUNTS % 2],
            [*_AWS][n // 20 % len(_AWS)],
        )
        service, word = kind.split(":")
        named = f"r{n}" if service == "sqs" else f"{word}{':' if service == 'lambda' else '/'}r{n}"
        rows.append(_row(account, region, kind, f"arn:aws:{service}:{region}:{account}:{named}", n))
    cloud = AwsCloud("http://127.0.0.1:9")
    cloud.start()
    keys = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGIONS[0],
    }
    with _led(cloud, {"AWS_ENDPOINT_URL": cloud.url, **keys, "AWS_EC2_METADATA_DISABLED": "true"}):
        cloud.load(rows, own=f"{1:012}", page=1000)
        accounts = tuple(f"{n + 1:012}" for n in range(ACCOUNTS))
        listing, wall = _taken(lambda: open_lister(AwsScope(accounts=accounts, role="read")), folder)
    places, mine = ACCOUNTS * len(REGIONS), count / len(_AWS)
    regional = sum(not line.everywhere for line in LINES)
    pages = sum(ceil(mine / places / page) - 1 for page, _ in _AWS.values()) * places
    tags = sum(mine for _, alone in _AWS.values() if alone)
    how = f"computed: {regional} lists × {places} places + {pages} further pages + {tags:.0f} questions for tags"
    _said("aws", listing, wall, regional * places + pages + tags, how, count)


def _gcp(folder: Path, count: int) -> None:
    from connectors.gcp.inventory.lister import open_lister
    from recon.config.live import GcpScope
    from tests.clouds.gcp import GoogleCloud

    cloud = GoogleCloud()
    cloud.start()
    with _led(cloud, cloud.environment()):
        cloud.load(
            _row(
                f"shop-{n % ACCOUNTS}",
                "us",
                kind,
                f"//{kind.split('/')[0]}/projects/shop-{n % ACCOUNTS}/x/r{n}",
                n,
            )
            for n, kind in ((n, _GCP[n // ACCOUNTS % 4]) for n in range(count))
        )
        listing, wall = _taken(lambda: open_lister(GcpScope(scopes=("organizations/1",))), folder)
    lists = ACCOUNTS * len(_GCP)
    pages = lists * ceil(count / lists / _ASSETS)
    _said(
        "gcp",
        listing,
        wall,
        pages,
        f"computed: {len(_GCP)} services × {ACCOUNTS} projects, {_ASSETS} a page",
        count,
    )


def _azure(folder: Path, count: int) -> None:
    from connectors.azure.inventory.lister import open_lister
    from tests.clouds.azure import GRAPH, Azure, Fault

    cloud = Azure(folder)
    cloud.start()
    with _led(cloud, cloud.environment()):
        ids = [f"{n:08}-0000-4000-8000-000000000000" for n in range(ACCOUNTS)]
        home = "/subscriptions/{}/resourceGroups/g/providers/A.b/c/r{}"
        cloud.load(
            _row(ids[n % ACCOUNTS], "eu", "a.b/c", home.format(ids[n % ACCOUNTS], n), n) for n in range(count)
        )
        listing, wall = _taken(lambda: open_lister(None), folder)
        cloud.faults.append(Fault(GRAPH, 403, left=1 << 30))
        plain, slower = _taken(lambda: open_lister(None), folder)
        asked = sum(plain.calls.values()) - plain.calls["resourcegraph:Resources"]
    _said("azure", listing, wall, asked, f"measured, Resource Manager alone: {slower:.2f} s", count)


def _kubernetes(folder: Path, count: int) -> None:
    from connectors.kubernetes.inventory import open_lister
    from recon.config.live import KubernetesScope
    from tests.clouds.kubernetes import Cluster

    cloud = Cluster(folder)
    cloud.start()
    names = [f"team-{n}" for n in range(50)]
    open_here: Callable[..., Lister] = lambda **more: open_lister(  # noqa: E731
        KubernetesScope(cluster="prod", kubeconfig=cloud.kubeconfig(), **more)
    )
    with _led(cloud, {}):
        for name in names:
            cloud.add("namespace", name, labels={"team": name})
        for n in range(count):
            cloud.add("deployment", f"r{n}", names[n % len(names)], {"n": str(n % 500)})
        listing, wall = _taken(open_here, folder)
        plain, slower = _taken(lambda: open_here(namespaces=tuple(names)), folder)
    how = f"measured, namespace by namespace: {slower:.2f} s"
    _said("kubernetes", listing, wall, sum(plain.calls.values()), how, count)
