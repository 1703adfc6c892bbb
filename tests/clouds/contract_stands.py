"""Each live inventory over its loopback cloud, made alike for the contract suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped]

from recon.config.live import AwsScope, AzureScope, GcpScope, KubernetesScope
from recon.snapshot.listing import Lister
from tests.clouds import aws, azure, gcp, gcp_faults, kubernetes
from tests.clouds.contract_stand import FOREVER, HOSTILE, MANY, Row, Stand, pace, row

_ME = aws.OWN
_HOME = f"arn:aws:organizations::{_ME}:account/o-exampleorgid/{_ME}"
_ROOT = f"arn:aws:organizations::{_ME}:root/o-exampleorgid/r-root"


class Aws(Stand):
    name, denied = "aws", "tag:GetResources"
    modules = ("boto3", "botocore")
    rows = (
        row(_ME, "", "organizations:account", _HOME, "shop", _ROOT, team="shop"),
        row(_ME, "us-east-1", "sqs:queue", f"arn:aws:sqs:us-east-1:{_ME}:orders", "orders", _HOME, h=HOSTILE),
        row(_ME, "", "cloudfront:distribution", f"arn:aws:cloudfront::{_ME}:distribution/E1", "E1", _HOME, a="b"),
        *(
            row(_ME, region, "ec2:volume", f"arn:aws:ec2:{region}:{_ME}:volume/vol-{n}", f"vol-{n}", _HOME, **({"n": str(n)} if n else {}))
            for region in ("us-east-1", "eu-west-1") for n in MANY
        ),
    )  # fmt: skip
    more = (row(_ME, "", "organizations:root", _ROOT, "Root", None),)

    def start(self, folder: Path) -> None:
        self.cloud = aws.AwsCloud("http://127.0.0.1:9")  # the estate answers everything
        self.cloud.start()

    def stop(self) -> None:
        self.cloud.stop()
        assert self.cloud.trouble == [], "asked for, or said, what AWS does not know"

    def load(self, rows: Sequence[Row], page: int = 1000) -> None:
        own = {
            "account": _ME,
            "region": "",
            "type": "organizations:account",
            "id": _HOME,
            "name": "shop",
            "tags": {},
        }
        self.cloud.load([*rows] or [own], page=page)
        self.cloud.faults.clear()
        self.cloud.seen.clear()

    def open(self) -> Lister:
        from connectors.aws.inventory import open_lister

        return open_lister(
            AwsScope(organization=True, regions=("us-east-1", "eu-west-1")[: len(self._regions)]), pace()
        )

    @property
    def _regions(self) -> list[str]:
        assert self.cloud.estate is not None
        return self.cloud.estate.regions

    def environment(self) -> Mapping[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.cloud.url, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none",
            "AWS_SHARED_CREDENTIALS_FILE": "none",
        }  # fmt: skip

    def break_(self, how: str, left: int = 1, after: int = 0) -> None:
        known: dict[str, dict[str, Any]] = {
            "throttled": {"code": "ThrottlingException"}, "denied": {"code": "AccessDeniedException"},
            "reset": {"cut": 40}, "garbage": {"body": b"<html>busy</html>", "status": 200},
        }  # fmt: skip
        self.cloud.faults.append(aws.Fault(("GetResources",), left=left, skip=after, **known[how]))

    @property
    def asked(self) -> int:
        return len(self.cloud.seen)

    @property
    def wrote(self) -> list[str]:
        reads = ("Get", "List", "Describe", "Select", "AssumeRole")
        return [each.line for each in self.cloud.seen if not each.operation.startswith(reads)]


_CRM, _COMPUTE = "//cloudresourcemanager.googleapis.com/", "//compute.googleapis.com/projects"


class Gcp(Stand):
    name, denied = "gcp", "cloudasset.assets.searchAllResources"
    modules = ("google.cloud", "google.api_core", "grpc")
    rows = (
        *(
            row(project, "global", "cloudresourcemanager.googleapis.com/Project", f"{_CRM}projects/{project}", project, f"{_CRM}organizations/1", team=project)
            for project in ("shop-prod", "shop-test")
        ),
        row("shop-prod", "us", "storage.googleapis.com/Bucket", "//storage.googleapis.com/bills", "bills", f"{_CRM}projects/shop-prod", h=HOSTILE),
        *(
            row(project, "us-b", "compute.googleapis.com/Disk", f"{_COMPUTE}/{project}/zones/us-b/disks/d{n}", f"d{n}", f"{_CRM}projects/{project}", **({"n": str(n)} if n else {}))
            for project in ("shop-prod", "shop-test") for n in MANY
        ),
    )  # fmt: skip

    def start(self, folder: Path) -> None:
        self.cloud = gcp.GoogleCloud()
        self.cloud.start()

    def stop(self) -> None:
        self.cloud.stop()

    def load(self, rows: Sequence[Row], page: int = 1000) -> None:
        self.cloud.clear()
        self.cloud.load(rows)
        self.cloud.page = page

    def open(self) -> Lister:
        from connectors.gcp.inventory.clients import Tries
        from connectors.gcp.inventory.lister import open_lister

        named = sorted({project.project_id for project in self.cloud.projects})
        scope = GcpScope(scopes=tuple(f"projects/{project}" for project in named) or ("organizations/1",))
        return open_lister(scope, pace(), Tries(timeout=5, first=0.01, within=0.3))

    def environment(self) -> Mapping[str, str]:
        return self.cloud.environment()

    def break_(self, how: str, left: int = 1, after: int = 0) -> None:
        code = grpc.StatusCode
        # a connection that breaks is UNAVAILABLE to a client of gRPC; over TCP it is broken by the connector's own tests
        known: dict[str, dict[str, Any]] = {
            "throttled": {"code": code.RESOURCE_EXHAUSTED}, "denied": {"code": code.PERMISSION_DENIED},
            "reset": {"code": code.UNAVAILABLE}, "garbage": {"garbage": True},
        }  # fmt: skip
        self.cloud.faults.append(gcp_faults.Fault(gcp.SEARCH, left=left, after=after, **known[how]))

    @property
    def asked(self) -> int:
        return len(self.cloud.called)

    @property
    def wrote(self) -> list[str]:
        known = (gcp.SEARCH, gcp.SEARCH_PROJECTS, gcp.SEARCH_FOLDERS, gcp.GET_PROJECT)
        return [method for method in self.cloud.called if method not in known]


_SUBSCRIPTIONS = tuple(f"{n}0000000-0000-4000-8000-00000000000{n}" for n in (1, 2))


class Azure(Stand):
    name, denied = "azure", "Microsoft.Resources/subscriptions/resourceGroups/read"
    modules = ("azure", "azure.identity")
    rows = tuple(
        each
        for own in _SUBSCRIPTIONS for home in (f"/subscriptions/{own}",) for group in (f"{home}/resourceGroups/Shop",)
        for each in (
            row(own, "", azure.SUBSCRIPTION, home, "Shop", None, CostCenter="7"),
            row(own, "westeurope", azure.GROUP, group, "Shop", home, **{"hidden-title": HOSTILE}),
            *(
                row(own, "westeurope", "a.b/c", f"{group}/providers/A.b/c/{n}", f"{n}", group, **({"n": str(n)} if n else {}))
                for n in MANY
            ),
        )
    )  # fmt: skip

    def start(self, folder: Path) -> None:
        self.cloud = azure.Azure(folder)
        self.cloud.start()

    def stop(self) -> None:
        self.cloud.stop()

    def load(self, rows: Sequence[Row], page: int = 1000) -> None:
        self.cloud.clear()
        self.cloud.load(rows)
        self.cloud.page = self.cloud.graph_page = page

    def open(self) -> Lister:
        from connectors.azure.inventory.clients import Tries
        from connectors.azure.inventory.lister import open_lister

        return open_lister(AzureScope(), pace(), Tries(connect=5, read=5, again=1, first=0.01))

    def environment(self) -> Mapping[str, str]:
        return self.cloud.environment()

    def break_(self, how: str, left: int = 1, after: int = 0) -> None:
        known: dict[str, dict[str, Any]] = {
            "throttled": {"status": 429}, "denied": {"status": 403}, "reset": {"cut": 40}, "garbage": {"text": "<html>"},
        }  # fmt: skip
        # what Resource Graph does not answer, the lists are asked for: for good, only both together go wrong
        for match in (azure.GRAPH, "/subscriptions/")[: 2 if left == FOREVER else 1]:
            self.cloud.faults.append(azure.Fault(match, left=left, after=after, **known[how]))

    @property
    def asked(self) -> int:
        return len(self.cloud.asked)

    @property
    def wrote(self) -> list[str]:
        return self.cloud.wrote


_SHOP = "k8s://prod/shop"


class Kubernetes(Stand):
    name, denied = "kubernetes", ""
    modules = ("kubernetes",)
    rows = (
        row("prod", "", "k8s:namespace", _SHOP, "shop", None, team="shop"),
        row("prod", "", "k8s:job", f"{_SHOP}/job/nightly", "nightly", _SHOP, h=HOSTILE),
        *(
            row("prod", "", f"k8s:{kind}", f"{_SHOP}/{kind}/w{n}", f"w{n}", _SHOP, **({"n": str(n)} if n else {}))
            for kind in ("deployment", "statefulset") for n in MANY
        ),
    )  # fmt: skip

    def start(self, folder: Path) -> None:
        self.cloud = kubernetes.Cluster(folder)
        self.cloud.start()

    def stop(self) -> None:
        self.cloud.stop()

    def load(self, rows: Sequence[Row], page: int = 1000) -> None:
        self.cloud.clear()
        self.cloud.load(rows)
        self.cloud.page = page

    def open(self) -> Lister:
        from connectors.kubernetes.inventory.clients import Tries
        from connectors.kubernetes.inventory.lister import KubernetesLister

        scope = KubernetesScope(cluster="prod", kubeconfig=self.cloud.kubeconfig())
        return KubernetesLister(scope, pace(), Tries(connect=5, read=5, again=1, first=0.01))

    def environment(self) -> Mapping[str, str]:
        return {}

    def break_(self, how: str, left: int = 1, after: int = 0) -> None:
        known: dict[str, dict[str, Any]] = {
            "throttled": {"status": 429}, "denied": {"status": 403}, "reset": {"cut": 40}, "garbage": {"text": "<html>"},
        }  # fmt: skip
        self.cloud.faults.append(kubernetes.Fault("limit=", left=left, after=after, **known[how]))

    @property
    def asked(self) -> int:
        return len(self.cloud.asked)

    @property
    def wrote(self) -> list[str]:
        return [f"{method} {path}" for method, path, _ in self.cloud.wrote]


STANDS: tuple[type[Stand], ...] = (Aws, Gcp, Azure, Kubernetes)
