"""Which labels and tags of a billing export are a line's own, and which does it inherit?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.gcp.exports import as_csv, as_jsonl, as_parquet, credit, labels, line, opened, tag


def test_keys_of_labels_and_tags_are_kept_as_they_are(tmp_path: Path) -> None:
    """FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec#1053, #691, #2434: labels and tags are two things in Google Cloud; the
    keys that users gave must not be altered."""
    one = line(
        labels=labels(**{"k8s-label/app": "x", "goog-k8s-cluster-name": "c"}), tags=[tag("Cost Center", "7")]
    )
    assert opened(as_parquet(tmp_path / "e.parquet", [one])).tags() == [
        {"k8s-label/app": "x", "goog-k8s-cluster-name": "c", "Cost Center": "7"}
    ]


def test_a_label_wins_over_a_tag_of_the_same_key_which_is_kept_beside(tmp_path: Path) -> None:
    both = line(
        labels=labels(env="prod"),
        tags=[tag("env", "dev"), tag("tier", "1"), tag("tier", "2", namespace="shop")],
    )
    assert opened(as_jsonl(tmp_path / "e.json", [both])).tags() == [
        {"env": "prod", "tag/acme/env": "dev", "tier": "1", "tag/shop/tier": "2"}
    ]


def test_an_inherited_tag_wins_over_a_project_label_which_is_kept_beside(tmp_path: Path) -> None:
    both = line(tags=[tag("env", "prod", inherited=True)], project__labels=labels(env="dev", team="a"))
    bill = opened(as_parquet(tmp_path / "e.parquet", [both]))
    assert bill.inherited() == [{"env": "prod", "project_label/env": "dev", "team": "a"}]
    assert bill.tags() == [{}]


def test_system_labels_are_never_tags(tmp_path: Path) -> None:
    bill = opened(
        as_parquet(
            tmp_path / "e.parquet",
            [line(system_labels=[{"key": "compute.googleapis.com/cores", "value": "4"}])],
        )
    )
    assert (bill.tags(), bill.inherited()) == ([{}], [{}])
    assert bill.column("x_SystemLabels") == ['{"compute.googleapis.com/cores":"4"}']


def test_an_empty_value_is_kept(tmp_path: Path) -> None:
    assert opened(as_parquet(tmp_path / "e.parquet", [line(labels=labels(app=""))])).tags() == [{"app": ""}]


@pytest.mark.parametrize("form", [as_parquet, as_jsonl])
def test_a_key_with_two_values_is_left_for_whoever_reads_the_tags(tmp_path: Path, form: object) -> None:
    twice = line(labels=[*labels(app="a"), *labels(app="b")])
    [cell] = opened(form(tmp_path / "e", [twice])).column("Tags")  # type: ignore[operator]
    assert cell == '[{"key":"app","value":"a"},{"key":"app","value":"b"}]'


def test_unreadable_labels_are_bad_and_never_shown(tmp_path: Path) -> None:
    bill = opened(
        as_csv(tmp_path / "e.csv", [line(labels="password=hunter2", credits=[credit(-0.5)]), line()])
    )
    assert [(row, text, column) for row, _, text, column in bill.bad()] == [(1, None, "labels")] * 2
    assert bill.column("x_row") == [2]
    [why] = [test.reason for test in bill.lines.bad_rows if test.column == "labels"]
    assert why == "is neither JSON nor a Python list"
