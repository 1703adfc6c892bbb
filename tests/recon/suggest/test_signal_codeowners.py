"""What do CODEOWNERS files say, and which owner is which value?"""

from __future__ import annotations

import re

import pytest
from small_estate import estate_of, evidence, item, says

from recon.registry import Rules
from recon.suggest.codeowners import path_pattern, read_owners, team_names
from recon.suggest.estate import Estate
from recon.suggest.signals import codeowners

OWNER = (1, "cost-center")


def owned(rules: Rules, text: str, *, file: str | None = None, **more: object) -> Estate:
    owners = read_owners("CODEOWNERS", text).rows()
    return estate_of(rules, [item(1, **more)], owners=owners, code=[(1, file)] if file else [])


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("*", "a/b.tf", True), ("*.tf", "a/b.tf", True), ("*.tf", "a/b.tfstate", False), ("/infra/shop/", "infra/shop/x/y.tf", True),
        ("/infra/shop/", "infra/shops/y.tf", False), ("infra/*", "infra/a.tf", True), ("infra/*", "infra/a/b.tf", False),
        ("apps/", "infra/apps/a.tf", True), ("**/logs", "a/b/logs/x", True), ("infra/**/prod", "infra/a/b/prod/x.tf", True),
        ("shop.tfstate", "states/shop.tfstate", True), ("a.b", "axb", False),
    ],
)  # fmt: skip
def test_patterns_mean_paths_as_in_gitignore(pattern: str, path: str, meant: bool) -> None:
    assert bool(re.search(path_pattern(pattern), path)) is meant


def test_lines_comments_sections_and_escaped_blanks_are_read() -> None:
    text = "# all\n* @a/all # rest\n\n[Docs][2] @docs-team\n/docs/\n^[Optional]\nmy\\ dir/ x@y.z @b\n/none/\n"
    assert [row[1:] for row in read_owners("f", text).rows()] == [
        (2, "*", "@a/all"), (5, "/docs/", "@docs-team"), (7, "my dir/", "x@y.z"), (7, "my dir/", "@b"), (8, "/none/", ""),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        ("@acme/payments-team", ["payments-team", "payments"]), ("@acme/team-data-platform", ["team-data-platform", "data-platform"]),
        ("search@example.com", ["search"]), ("@acme/team", ["team"]),
    ],
)  # fmt: skip
def test_a_team_is_called_with_and_without_team(owner: str, names: list[str]) -> None:
    assert team_names(owner) == names


def test_the_last_line_that_fits_the_code_counts(rules: Rules) -> None:
    text = "* @a/search\n/infra/pay/ @a/pay-squad\n"
    estate = owned(rules, text, file="infra/pay/terraform.tfstate")
    assert says(codeowners, estate, OWNER) == {OWNER: ["payments"]}
    assert evidence(codeowners, estate, OWNER) == ["CODEOWNERS line 2 gives /infra/pay/ to @a/pay-squad."]
    assert says(codeowners, owned(rules, text, file="other/x.tfstate"), OWNER) == {OWNER: ["search"]}


def test_a_line_without_owner_takes_away(rules: Rules) -> None:
    assert says(codeowners, owned(rules, "* @a/search\n/infra/\n", file="infra/x.tf"), OWNER) == {}


def test_a_line_whose_owners_are_two_values_says_nothing(rules: Rules) -> None:
    assert says(codeowners, owned(rules, "* @a/search @a/payments\n", file="x.tf"), OWNER) == {}
    assert says(codeowners, owned(rules, "* @a/search @ann\n", file="x.tf"), OWNER) == {OWNER: ["search"]}


@pytest.mark.parametrize(
    ("pattern", "name"),
    [("/services/ledger/", "ledger-db-1"), ("/services/LedgerApi", "ledger_api"), ("ledger-*", "ledger-7")],
)
def test_a_path_that_is_called_as_the_resource_begins_counts(rules: Rules, pattern: str, name: str) -> None:
    assert says(codeowners, owned(rules, f"{pattern} @a/payments\n", name=name), OWNER) == {
        OWNER: ["payments"]
    }


@pytest.mark.parametrize("name", ["my-ledger", "ledgers", ""])
def test_a_name_that_only_holds_it_does_not(rules: Rules, name: str) -> None:
    assert says(codeowners, owned(rules, "/services/ledger/ @a/payments\n", name=name), OWNER) == {}


def test_a_pattern_of_ids_means_ids(rules: Rules) -> None:
    estate = owned(rules, "arn:aws:s3:::logs-* @a/search\n", resource_id="arn:aws:s3:::logs-7")
    assert says(codeowners, estate, OWNER) == {OWNER: ["search"]}


def test_without_files_nothing_is_said(rules: Rules) -> None:
    assert says(codeowners, estate_of(rules, [item(1, name="ledger")]), OWNER) == {}
