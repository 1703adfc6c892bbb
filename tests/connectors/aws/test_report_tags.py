"""Do tags arrive byte for byte, under keys that the registry knows, whatever column the report keeps them in?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recon.registry.key_index import KeyIndex
from recon.registry.model import Key
from recon.tagset import BadTags, parse_tags
from tests.connectors.aws.cur_reports import Bill, line, opened, report
from tests.connectors.aws.test_report_forms import snake, typed, write_parquet


def tags_of(bill: Bill) -> list[dict[str, str]]:
    """Tags of each line, in the file's order; what the distinct cells say must be the same."""
    told = [parse_tags(text) for (text,) in bill.rows("Tags")]
    distinct = [parse_tags(text) for text in bill.tags()]
    assert all(found in distinct for found in told) or not distinct
    return told


def cur2(tmp_path: Path, *tagged: dict[str, Any], column: str = "tags", **options: Any) -> Bill:
    """A CUR 2.0 Parquet file, one line for each map."""
    lines = ({**typed(snake([line(cost="1")])[0]), column: said} for said in tagged)
    return opened(write_parquet(tmp_path / "cur2.parquet", lines, (column,)), **options)


def cur2_csv(tmp_path: Path, *cells: str, column: str = "tags", **options: Any) -> Bill:
    return report(tmp_path, *({**line(cost="1"), column: cell} for cell in cells), **options)


def test_legacy_tag_columns_keep_the_prefix_that_tells_users_keys_from_awss(tmp_path: Path) -> None:
    bill = report(
        tmp_path, line(**{"resourceTags/user:CostCenter": "a", "resourceTags/aws:createdBy": "bot"})
    )
    assert tags_of(bill) == [{"user:CostCenter": "a", "aws:createdBy": "bot"}]


def test_parquet_tag_columns_keep_it_too(tmp_path: Path) -> None:
    said = typed(snake([line()])[0])
    said |= {"resource_tags_user_cost_center": "a", "resource_tags_aws_created_by": "bot"}
    assert tags_of(opened(write_parquet(tmp_path / "cur.parquet", [said]))) == [
        {"user_cost_center": "a", "aws_created_by": "bot"}
    ]


@pytest.mark.parametrize("raw", ["user:CostCenter", "user_cost_center"])
def test_the_registry_knows_users_keys_and_takes_none_of_awss_for_them(raw: str) -> None:
    index = KeyIndex({"CostCenter": Key(), "createdBy": Key()}, {"CostCenter": "CostCenter", "createdBy": "createdBy"}, "aws")  # fmt: skip
    hit = index.find(raw)
    assert hit is not None
    assert (hit.key, hit.canonical) == ("CostCenter", True)
    assert index.find("aws:createdBy") is None
    assert index.find("aws_created_by") is None


def test_keys_that_differ_only_by_case_are_two_keys(tmp_path: Path) -> None:
    said = {"resourceTags/user:Team": "red", "resourceTags/user:team": "blue"}
    assert tags_of(report(tmp_path, line(**said))) == [{"user:Team": "red", "user:team": "blue"}]
    lower = {**typed(snake([line()])[0]), "resource_tags_user_team": "blue", "resource_tags_user_Team": "red"}
    assert tags_of(opened(write_parquet(tmp_path / "cur.parquet", [lower]))) == [
        {"user_team": "blue", "user_Team": "red"}
    ]


def test_an_empty_cell_of_a_tag_column_is_no_tag(tmp_path: Path) -> None:
    said = {"resourceTags/user:a": "", "resourceTags/user:b": "x"}
    assert tags_of(report(tmp_path, line(**said))) == [{"user:b": "x"}]
    empty = {**typed(snake([line()])[0]), "resource_tags_user_a": "", "resource_tags_user_b": None}
    assert tags_of(opened(write_parquet(tmp_path / "cur.parquet", [empty]))) == [{}]


@pytest.mark.parametrize("column", ["resource_tags", "tags"])
def test_an_empty_value_in_a_map_is_a_tag_with_an_empty_value(column: str, tmp_path: Path) -> None:
    key = "user_a" if column == "resource_tags" else "resourceTags/a"
    seen = "user_a" if column == "resource_tags" else "user:a"
    assert tags_of(cur2(tmp_path, {key: ""}, column=column)) == [{seen: ""}]
    assert tags_of(cur2_csv(tmp_path, json.dumps({key: ""}), column=column)) == [{seen: ""}]


def test_blanks_and_the_text_null_stay_as_they_are(tmp_path: Path) -> None:
    said = {
        "resourceTags/user:a": " Base Load ",
        "resourceTags/user:b": "NULL",
        "resourceTags/user: org": "x",
    }
    assert tags_of(report(tmp_path, line(**said))) == [
        {"user:a": " Base Load ", "user:b": "NULL", "user: org": "x"}
    ]


def test_hostile_text_arrives_byte_for_byte(tmp_path: Path) -> None:
    value = '=cmd|"/c calc"!A1 <b>\u202e\\n{}'
    assert tags_of(report(tmp_path, line(**{"resourceTags/user:x'y\"": value}))) == [{"user:x'y\"": value}]
    assert tags_of(cur2(tmp_path, {"resourceTags/x'y\"": value})) == [{"user:x'y\"": value}]


ALL_ORIGINS = {
    "resourceTags/Department": "teamA",
    "resourceTags/aws:createdBy": "bot",
    "accountTag/Department": "teamC",
    "userAttribute/Department": "teamB",
    "iamPrincipal/team": "ml",
    "costCategory/Department": "teamD",
    "somethingNew/x": "y",
}


@pytest.mark.parametrize("as_text", [False, True])
def test_the_tags_map_is_sorted_by_the_origin_of_its_keys(as_text: bool, tmp_path: Path) -> None:
    bill = (
        cur2_csv(tmp_path, json.dumps(ALL_ORIGINS), full=True)
        if as_text
        else cur2(tmp_path, ALL_ORIGINS, full=True)
    )
    assert tags_of(bill) == [{"user:Department": "teamA", "aws:createdBy": "bot", "somethingNew/x": "y"}]
    asked = ("x_InheritedTags", "x_UserAttributes", "x_IamPrincipalTags", "x_CostCategories")
    assert [parse_tags(cell) for cell in bill.one(*asked)] == [
        {"Department": "teamC"}, {"Department": "teamB"}, {"team": "ml"}, {"Department": "teamD"},
    ]  # fmt: skip


def test_account_tags_decide_dimensions_and_the_whole_map_does_not(tmp_path: Path) -> None:
    bill = cur2(
        tmp_path,
        *({"resourceTags/run": str(n), "accountTag/team": "red" if n % 2 else "blue"} for n in range(20)),
    )
    assert sorted(json.loads(cell or "{}")["team"] for cell in bill.inherited()) == ["blue", "red"]
    assert len(bill.dimensions()) == 2


def test_a_file_without_account_tags_takes_nothing_from_containers(tmp_path: Path) -> None:
    assert cur2(tmp_path, {"resourceTags/a": "b"}).inherited() == [None]


def test_tags_win_over_resource_tags_and_these_stand_in_for_lines_without(tmp_path: Path) -> None:
    lines = [
        {**line(cost="1"), "tags": '{"resourceTags/a": "new"}', "resource_tags": '{"user_a": "old"}'},
        {**line(cost="1"), "tags": "{}", "resource_tags": '{"user_a": "old"}'},
        {**line(cost="1"), "tags": "", "resource_tags": ""},
    ]
    assert tags_of(report(tmp_path, *lines)) == [{"user:a": "new"}, {"user_a": "old"}, {}]


@pytest.mark.parametrize("column", ["resource_tags", "tags"])
@pytest.mark.parametrize("cell", ['{"user_a": "b"', "{user_a=b}", '["user_a"]'])
def test_a_cell_that_is_no_json_object_is_never_taken_for_no_tags(
    cell: str, column: str, tmp_path: Path
) -> None:
    bill = cur2_csv(tmp_path, cell, '{"user_b": "c"}', column=column)
    [(text,), _] = bill.rows("Tags")
    with pytest.raises(BadTags):
        parse_tags(text)


def test_cost_categories_are_kept_beside_the_tags(tmp_path: Path) -> None:
    said = {"costCategory/Team": "red", "costCategory/Env": ""}
    assert report(tmp_path, line(**said), full=True).one("x_CostCategories") == ('{"Team":"red"}',)
    assert cur2(tmp_path, {"team": "red"}, column="cost_category", full=True).one(
        "x_CostCategories", "Tags"
    ) == (*('{"team":"red"}', None),)
