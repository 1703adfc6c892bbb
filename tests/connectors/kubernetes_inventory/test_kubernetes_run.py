"""Does a cluster that is listed live end in the store, by the configured source and the job itself?"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from recon.config import load_config
from recon.run import run
from tests.bills import NOW, line, write_bill
from tests.clouds.kubernetes import Cluster

CONFIG = """\
store: var/tagrecon.duckdb
output: out
registry: registry.yaml
billing: [{name: bill, connector: focus, location: exports/}]
inventory: [{name: prod, connector: kubernetes, kubernetes: {cluster: prod}}]
"""
REGISTRY = (
    "version: 1\nowner: cost-center\nkeys: {cost-center: {required: true, values: {list: [payments]}}}\n"
)


def test_a_cluster_is_taken_in_and_what_is_denied_is_a_gap(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(cluster.kubeconfig()))
    cluster.add("namespace", "shop", labels={"cost-center": "payments"})
    cluster.add("deployment", "web", "shop", {"cost-center": "payments"})
    cluster.denied = {"nodes"}
    (tmp_path / "tagrecon.yaml").write_text(CONFIG, "utf-8")
    (tmp_path / "registry.yaml").write_text(REGISTRY, "utf-8")
    bill = line(5, ResourceId="prod/shop/deployment/web", ProviderName="Kubernetes", SubAccountId="prod")
    write_bill(tmp_path / "exports" / "b.csv", [bill])
    result = run(load_config(tmp_path / "tagrecon.yaml"), NOW)
    (gap,) = (gap for gap in result.summary["gaps"] if gap["kind"] == "denied")
    assert gap["permission"] == 'list nodes (apiGroups: [""])'
    con = duckdb.connect(str(result.store), read_only=True)
    found = con.execute(
        "SELECT ResourceId, SubAccountId, ResourceType, container_id, in_bill, match_method FROM resources ORDER BY 1"
    ).fetchall()
    con.close()
    assert found == [
        ("k8s://prod/shop", "prod", "k8s:namespace", None, False, None),
        ("k8s://prod/shop/deployment/web", "prod", "k8s:deployment", "k8s://prod/shop", True, "alias"),
    ]
