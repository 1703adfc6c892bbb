"""What a listing of a cluster tells, over the official client and an API server on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.files.reader import open_dump
from connectors.kubernetes.inventory.kinds import KINDS
from connectors.kubernetes.inventory.permissions import CLUSTER_ROLE, NEEDED
from recon.errors import DeliveryRefused
from recon.snapshot.listing import Resource, Unit, Unseen
from tests.clouds.kubernetes import SERVED, Cluster
from tests.connectors.kubernetes_inventory.conftest import Open

HOSTILE = '=cmd|"x"\x1b[31m\u202e é 😀 \\ \x00 \' --'
OWNED = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "u", "controller": True}]
HELD = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "u"}]


def everything(lister: Any) -> list[Resource | Unseen]:
    found: list[Resource | Unseen] = []
    for unit in lister.units():
        found += lister.resources(unit) if isinstance(unit, Unit) else [unit]
    return found


@pytest.fixture
def estate(cluster: Cluster) -> Cluster:
    cluster.add("namespace", "shop", labels={"cost-center": "payments"})
    cluster.add("node", "n1", labels={"topology.kubernetes.io/region": "eu-west-1"},
                spec={"providerID": "aws:///eu-west-1a/i-0abc"})  # fmt: skip
    for kind in ("deployment", "statefulset", "daemonset", "job", "cronjob"):
        cluster.add(kind, "web", "shop", {"app": kind})
    cluster.add("persistentvolumeclaim", "data", "shop", spec={"volumeName": "pvc-7"})
    cluster.add("pod", "web-1-x", "shop", {"app": "web"}, ownerReferences=OWNED)
    cluster.add("pod", "by-hand", "shop", {"hostile": HOSTILE, "": ""}, ownerReferences=HELD)
    return cluster


def test_each_kind_is_listed_with_its_labels(estate: Cluster, lister: Open) -> None:
    found = [one for one in everything(lister()) if isinstance(one, Resource)]
    assert [(one.type, one.id, one.container) for one in found] == [
        ("k8s:namespace", "k8s://prod/shop", None),
        ("k8s:node", "k8s://prod/node/n1", None),
        *((f"k8s:{kind}", f"k8s://prod/shop/{kind}/web", "k8s://prod/shop")
          for kind in ("deployment", "statefulset", "daemonset", "job", "cronjob")),
        ("k8s:persistentvolumeclaim", "k8s://prod/shop/persistentvolumeclaim/data", "k8s://prod/shop"),
        ("k8s:pod", "k8s://prod/shop/pod/by-hand", "k8s://prod/shop"),
    ]  # fmt: skip
    assert {(one.provider, one.account) for one in found} == {("k8s", "prod")}
    assert found[0].tags == {"cost-center": "payments"}
    assert (found[1].region, found[2].region) == ("eu-west-1", "")


def test_a_label_arrives_byte_for_byte(estate: Cluster, lister: Open) -> None:
    assert everything(lister())[-1].tags == {"hostile": HOSTILE, "": ""}  # type: ignore[union-attr]


def test_other_names_by_which_a_bill_may_call_it_come_along(estate: Cluster, lister: Open) -> None:
    found = {one.id: one.also for one in everything(lister()) if isinstance(one, Resource)}
    assert "aws:///eu-west-1a/i-0abc" in found["k8s://prod/node/n1"]
    assert "pvc-7" in found["k8s://prod/shop/persistentvolumeclaim/data"]
    assert found["k8s://prod/shop/pod/by-hand"] == (
        "prod/shop/pod/by-hand", "uid-pod-shop-by-hand", "pod/prod/shop/by-hand/uid-pod-shop-by-hand",
    )  # fmt: skip


def test_pages_are_followed_to_the_last(cluster: Cluster, lister: Open) -> None:
    for n in range(25):
        cluster.add("deployment", f"d{n}", "shop")
    one = lister(page=10)
    assert len(everything(one)) == 25
    assert one.calls["kubernetes:list deployments"] == cluster.count("/deployments") == 3


def test_rows_come_page_by_page(cluster: Cluster, lister: Open) -> None:
    for n in range(30):
        cluster.add("pod", f"p{n}", "shop")
    one = lister(page=10)
    rows = one.resources(Unit("prod/pod", "k8s", "prod"))
    assert [next(rows).id[-2:] for _ in range(3)] == ["p0", "p1", "p2"]  # type: ignore[union-attr]
    assert cluster.count("/pods") == 1


def test_an_empty_cluster_is_no_gap(cluster: Cluster, lister: Open) -> None:
    assert everything(lister()) == []


def test_only_metadata_of_workloads_is_asked_for(estate: Cluster, lister: Open) -> None:
    from connectors.kubernetes.inventory.kinds import BY_NAME

    for kind in KINDS:
        said = lister()._clients.page(BY_NAME[kind.name], None, None, 500)
        whole = [item for item in said["items"] or [] if "spec" in item]
        assert bool(whole) == (kind.name in ("node", "persistentvolumeclaim"))


def test_only_the_configured_namespaces_are_asked_for(estate: Cluster, lister: Open) -> None:
    estate.add("namespace", "other")
    estate.add("deployment", "elsewhere", "other")
    one = lister(namespaces=("shop",))
    found = everything(one)
    assert [each.id for each in found if isinstance(each, Resource)][:2] == [
        "k8s://prod/shop",
        "k8s://prod/shop/deployment/web",
    ]
    assert not any("elsewhere" in str(each) for each in found)
    assert estate.count("/nodes") == 0
    assert all("/namespaces/shop" in path for _, path, _ in estate.asked)
    assert (one.lists_untagged, lister().lists_untagged) == (False, True)


def test_two_units_may_be_listed_at_once(estate: Cluster, lister: Open) -> None:
    one = lister()
    units = [unit for unit in one.units() if isinstance(unit, Unit)]
    with ThreadPoolExecutor(8) as pool:
        found = [row for rows in pool.map(lambda unit: list(one.resources(unit)), units) for row in rows]
    assert found == everything(lister())
    assert sum(one.calls.values()) == len(KINDS)


def test_the_probe_asks_one_object_of_each_kind(estate: Cluster, lister: Open) -> None:
    estate.denied = {"pods"}
    *units, gap = lister().probe()
    assert len(units) == len(KINDS) - 1 and all(isinstance(unit, Unit) for unit in units)
    assert isinstance(gap, Unseen) and (gap.type, gap.kind) == ("k8s:pod", "denied")
    assert all("limit=1" in path for _, path, _ in estate.asked)


def test_every_call_has_its_rule_in_the_role_and_none_writes(estate: Cluster, lister: Open) -> None:
    one, some = lister(), lister(namespaces=("shop",))
    everything(one)
    everything(some)
    assert (one.calls + some.calls).keys() == NEEDED.keys()
    granted = {(group, name) for rule in CLUSTER_ROLE["rules"] for group in rule["apiGroups"]
               for name in rule["resources"]}  # fmt: skip
    assert granted == {(group, plural) for plural, (group, _) in SERVED.items()}
    assert {verb for rule in CLUSTER_ROLE["rules"] for verb in rule["verbs"]} == {"get", "list"}
    assert {method for method, _, _ in estate.asked} == {"GET"}


def test_what_is_loaded_is_listed(cluster: Cluster, lister: Open) -> None:
    rows = [
        {"account": "prod", "region": "", "type": "k8s:namespace", "id": "k8s://prod/a", "name": "a",
         "container": None, "tags": {"team": "x"}},
        {"account": "prod", "region": "", "type": "k8s:deployment", "id": "k8s://prod/a/deployment/b", "name": "b",
         "container": "k8s://prod/a", "tags": {}},
    ]  # fmt: skip
    assert cluster.load([*rows, {"type": "k8s:volume", "id": "v"}]) == ["v"]
    told = [{name: getattr(one, name) for name in rows[0]} for one in everything(lister())]
    assert told == rows


def _dump(estate: Cluster, path: Path, **more: Any) -> Path:
    items = [one for plural in estate.objects.values() for one in plural]
    items.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "shop"}})
    path.write_text(
        json.dumps({"apiVersion": "v1", "kind": "List", "items": items, **more}, indent=4), "utf-8"
    )
    return path


def _rows(path: Path) -> list[tuple[Any, ...]]:
    con = duckdb.connect()
    dump = open_dump(con, path, "d")
    assert (dump.shape, dump.lists_untagged) == ("kubernetes_list", True)
    return con.execute(
        f"SELECT provider, account, coalesce(region, ''), type, id, name, container, tags FROM {dump.relation} ORDER BY id"
    ).fetchall()


def test_a_dump_by_kubectl_gives_the_same_rows(estate: Cluster, lister: Open, tmp_path: Path) -> None:
    rows = [
        (*row[:7], json.loads(row[7] or "{}"))
        for row in _rows(_dump(estate, tmp_path / "prod-2026-10-31.json"))
    ]
    live = [
        (r.provider, r.account, r.region, r.type, r.id, r.name, r.container, dict(r.tags))
        for r in everything(lister())
        if isinstance(r, Resource)
    ]
    assert rows == sorted(live, key=lambda row: row[4])


@pytest.mark.parametrize("name", ["x", "prod.2026-10-31.json", "2026-10-31_prod.json", "it's.json"])
def test_the_name_of_a_dump_or_its_annotation_names_the_cluster(
    estate: Cluster, tmp_path: Path, name: str
) -> None:
    wanted = {"x": "x", "it's.json": "it's"}.get(name, "prod")
    assert {row[1] for row in _rows(_dump(estate, tmp_path / name))} == {wanted}
    told = _dump(estate, tmp_path / name, metadata={"annotations": {"tagrecon/cluster": "told"}})
    assert {row[1] for row in _rows(told)} == {"told"}


@pytest.mark.parametrize("name", ["2026-10-31.json", "ab" * 32])
def test_a_dump_that_does_not_say_its_cluster_is_refused(estate: Cluster, tmp_path: Path, name: str) -> None:
    with pytest.raises(DeliveryRefused, match="does not say which cluster"):
        open_dump(duckdb.connect(), _dump(estate, tmp_path / name), "d")
    told = _dump(estate, tmp_path / name, metadata={"annotations": {"tagrecon/cluster": "told"}})
    assert {row[1] for row in _rows(told)} == {"told"}


def test_a_raw_list_of_one_kind_and_an_empty_one_are_read(tmp_path: Path) -> None:
    meta = {"name": "p", "namespace": "shop", "labels": {"a": "b"}}
    path = tmp_path / "prod.json"
    path.write_text(json.dumps({"kind": "PodList", "metadata": {}, "items": [{"metadata": meta}]}), "utf-8")
    assert [row[4] for row in _rows(path)] == ["k8s://prod/shop/pod/p"]
    path.write_text(json.dumps({"kind": "List", "items": []}), "utf-8")
    assert _rows(path) == []


def test_the_client_is_not_imported_before_it_is_needed() -> None:
    code = (
        "import sys, recon.cli.app, connectors.inventories, connectors.kubernetes.inventory, "
        "connectors.kubernetes.inventory.permissions; print('kubernetes' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
