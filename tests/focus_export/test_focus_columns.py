"""Does the column model say what the specification says?"""

from __future__ import annotations

from importlib.resources import files

import pytest
import yaml

from recon import focus
from recon.errors import InputError
from recon.focus_export import VERSIONS, columns_of, is_verified
from recon.focus_export.model import every_column, subcategories
from recon.focus_export.rules import stages
from recon.focus_export.services import service_table
from recon.focus_export.words import fold
from tests.focus_export.lines import LINE, export_line

RULES = [rule for stage in stages() for rule in stage]


@pytest.mark.parametrize(("version", "count"), [("1.2", 57), ("1.3", 65), ("1.4", 65)])
def test_each_release_has_as_many_columns_as_the_specification(version: str, count: int) -> None:
    assert len(columns_of(version)) == count


def test_the_model_names_the_columns_that_the_loader_knows() -> None:
    assert {c.name for c in every_column()} == set(focus.COLUMNS)


def test_1_4_is_without_the_deprecated_provider_columns() -> None:
    gone = {c.name for c in columns_of("1.3")} - {c.name for c in columns_of("1.4")}
    assert gone == {"ProviderName", "PublisherName"}


@pytest.mark.parametrize("version", VERSIONS)
def test_rows_have_the_columns_in_the_specifications_order_then_ours(version: str) -> None:
    names = list(export_line(version, x_Own="1"))
    of_focus = [c.name for c in columns_of(version)]
    assert of_focus == sorted(of_focus)
    assert names[: len(of_focus)] == of_focus
    assert all(name.startswith("x_") for name in names[len(of_focus) :])


@pytest.mark.parametrize("version", VERSIONS)
def test_columns_that_may_not_be_null_are_filled_from_a_poor_line(version: str) -> None:
    row = export_line(version)
    assert {c.name for c in columns_of(version) if not c.nullable and row[c.name] is None} == set()


def test_only_the_release_with_an_official_validator_is_called_verified() -> None:
    assert [v for v in VERSIONS if is_verified(v)] == ["1.2"]


def test_an_unknown_release_is_refused_with_those_that_are_written() -> None:
    with pytest.raises(InputError, match=r"FOCUS 0\.9 is not written; allowed: 1\.2, 1\.3, 1\.4"):
        columns_of("0.9")


def test_every_listed_service_has_one_box_that_the_specification_knows() -> None:
    boxes = {sub for under in subcategories().values() for sub in under}
    assert set(service_table().values()) <= boxes


def test_no_service_is_listed_twice() -> None:
    listed = yaml.safe_load((files("configs") / "service_categories.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    names = [fold(n) for under in listed.values() for found in under.values() for n in found]
    assert len(names) == len(set(names))


def test_services_stand_under_the_parent_of_their_subcategory() -> None:
    listed = yaml.safe_load((files("configs") / "service_categories.yaml").read_text(encoding="utf-8"))[
        "services"
    ]
    assert [(c, s) for c, under in listed.items() for s in under if s not in subcategories()[c]] == []


def test_no_stage_has_two_rules_for_one_column() -> None:
    assert all(len({rule.column for rule in stage}) == len(stage) for stage in stages())


def test_no_rule_touches_money_that_is_billed_or_what_identifies_it() -> None:
    assert {rule.column for rule in RULES} & (
        set(focus.IDENTIFY_MONEY) | {"Tags", "ResourceId", "SubAccountId"}
    ) == set()
    assert set(focus.IDENTIFY_MONEY) <= set(LINE)
