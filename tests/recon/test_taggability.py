"""How a row of the taggability table is found, laid over, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from recon.errors import InputError
from recon.taggability import Taggability, load_taggability
from tests.docs.papers import ROOT, blocks


def alone(tmp_path: Path, *rows: str) -> Taggability:
    """A table of these rows only."""
    return load_taggability(written(tmp_path, *rows, extends="nothing"))


def laid_over(tmp_path: Path, *rows: str) -> Taggability:
    """The shipped table with these rows over it."""
    return load_taggability(written(tmp_path, *rows, extends="shipped"))


def written(tmp_path: Path, *rows: str, extends: str) -> Path:
    path = tmp_path / "taggability.yaml"
    path.write_text(
        "\n".join(["version: 7", f"extends: {extends}", "rows:", *(f"  - {row}" for row in rows)]), "utf-8"
    )
    return path


def refusal(tmp_path: Path, *rows: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        alone(tmp_path, *rows)
    return str(refused.value).replace(f"{tmp_path / 'taggability.yaml'}", "F").splitlines()


@pytest.mark.parametrize("provider", ["aws", "azure", "gcp", "nobody"])
def test_what_no_row_speaks_of_is_taggable_reaches_the_bill_and_can_be_told_apart(provider: str) -> None:
    standing = load_taggability().standing(provider, "new:thing", "New Service")
    assert (standing.taggable, standing.on_bill, standing.known) == (True, "yes", False)


def test_a_charge_without_type_and_service_is_not_known() -> None:
    table = load_taggability()
    assert not table.standing("aws", None, None).known
    assert not table.standing("aws", " ", "").known


def test_a_glob_asks_for_a_text_that_is_there(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: aws, types: ['*'], taggable: no}")
    assert table.cannot_tag("aws", "ec2:instance", None)
    assert not table.cannot_tag("aws", None, "Amazon EC2")


def test_case_and_surrounding_blanks_make_no_difference(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: AWS, types: [' AWS::CloudWatch::Metric '], taggable: no}")
    assert table.cannot_tag("aws", "aws::cloudwatch::METRIC ", None)


def test_a_row_speaks_of_its_provider_only(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: gcp, types: [disks], taggable: no}")
    assert not table.cannot_tag("aws", "disks", None)


def test_a_provider_may_be_written_as_a_bill_writes_it(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: Google Cloud, types: [disks], taggable: no}")
    assert table.cannot_tag("gcp", "disks", None)


def test_brackets_are_plain_text_in_a_glob(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: aws, types: ['x[ab]*'], taggable: no}")
    assert table.cannot_tag("aws", "x[ab]c", None)
    assert not table.cannot_tag("aws", "xac", None)


def test_where_a_row_names_type_and_service_both_must_match(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: gcp, types: [instances], services: [Cloud SQL], taggable: no}")
    assert table.cannot_tag("gcp", "instances", "Cloud SQL")
    assert not table.cannot_tag("gcp", "instances", "Compute Engine")
    assert not table.cannot_tag("gcp", "instances", None)
    assert not table.cannot_tag("gcp", "databases", "Cloud SQL")


PRECEDENCE = [
    ("a type before a service", "types: ['vm*']", "services: [compute]"),
    ("the exact type before a longer glob", "types: [vm]", "types: ['vm**']"),
    ("a longer glob before a shorter one", "types: ['?m']", "types: ['*']"),
    ("type and service before type alone", "types: [vm], services: ['c*']", "types: [vm]"),
    ("the exact service before a glob", "types: [vm], services: [compute]", "types: [vm], services: ['compu*']"),
    ("a longer service glob before a shorter one", "services: ['comp*']", "services: ['c*']"),
    ("the type's precision before the service's", "types: [vm]", "types: ['v*'], services: [compute]"),
]  # fmt: skip


@pytest.mark.parametrize("winner_first", [True, False], ids=["written first", "written last"])
@pytest.mark.parametrize(("winner", "loser"), [p[1:] for p in PRECEDENCE], ids=[p[0] for p in PRECEDENCE])
def test_the_more_specific_row_counts_wherever_it_stands(
    tmp_path: Path, winner: str, loser: str, winner_first: bool
) -> None:
    rows = [f"{{provider: x, {winner}, taggable: no}}", f"{{provider: x, {loser}, taggable: yes}}"]
    table = alone(tmp_path, *(rows if winner_first else reversed(rows)))
    assert table.cannot_tag("x", "vm", "compute")


def test_of_two_equally_specific_rows_the_first_counts(tmp_path: Path) -> None:
    one, other = (
        "{provider: x, types: ['v*'], taggable: no}",
        "{provider: x, types: ['*m'], taggable: yes}",
    )
    assert alone(tmp_path, one, other).cannot_tag("x", "vm", None)
    assert not alone(tmp_path, other, one).cannot_tag("x", "vm", None)


def test_a_taggable_type_reaches_the_bill_unless_the_row_says_otherwise(tmp_path: Path) -> None:
    table = alone(
        tmp_path,
        "{provider: x, types: [a], taggable: yes}",
        "{provider: x, types: [b], taggable: yes, on_bill: no}",
        "{provider: x, types: [c], taggable: yes, on_bill: inherited-only}",
        "{provider: x, types: [d], taggable: no}",
        "{provider: x, types: [e], taggable: no, on_bill: inherited-only}",
    )
    told = [(table.cannot_tag("x", t, None), table.reaches_bill("x", t, None)) for t in "abcde"]
    assert told == [
        (False, "yes"), (False, "no"), (False, "inherited-only"), (True, "no"), (True, "inherited-only")
    ]  # fmt: skip


def test_own_rows_are_laid_over_the_shipped_ones(tmp_path: Path) -> None:
    table = laid_over(tmp_path, "{provider: aws, types: ['our:*'], taggable: no}")
    assert table.cannot_tag("aws", "our:thing", None)
    assert table.cannot_tag("aws", "cloudwatch:metric", None)


def test_an_own_row_wins_over_a_more_specific_shipped_one(tmp_path: Path) -> None:
    table = laid_over(tmp_path, "{provider: aws, types: ['cloudwatch:*'], taggable: yes, source: seen}")
    assert load_taggability().cannot_tag("aws", "cloudwatch:metric", None)
    assert table.standing("aws", "cloudwatch:metric", None).source == "seen"
    assert not table.cannot_tag("aws", "cloudwatch:metric", None)


def test_own_rows_may_stand_alone(tmp_path: Path) -> None:
    table = alone(tmp_path, "{provider: aws, types: ['our:thing'], taggable: no}")
    assert not table.standing("aws", "cloudwatch:metric", None).known


def test_a_file_that_does_not_say_what_it_extends_extends_the_shipped_table(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\nrows: [{provider: aws, types: [t], taggable: no}]\n", "utf-8")
    assert load_taggability(path).cannot_tag("aws", "cloudwatch:metric", None)


def test_the_version_follows_what_decides_and_nothing_else(tmp_path: Path) -> None:
    row = "{provider: x, types: [a], taggable: yes}"
    plain = alone(tmp_path, row).version
    assert plain.startswith("7+")
    assert alone(tmp_path, row.replace("yes", "yes, source: a page, unverified: true")).version == plain
    assert alone(tmp_path, row.replace("[a]", "[A]")).version == plain
    assert alone(tmp_path, row.replace("yes", "no")).version != plain
    assert alone(tmp_path, row.replace("yes", "yes, on_bill: no")).version != plain
    assert alone(tmp_path, row, "{provider: x, types: [b], taggable: yes}").version != plain


def test_an_override_changes_the_version_of_the_shipped_table(tmp_path: Path) -> None:
    shipped = load_taggability().version
    assert laid_over(tmp_path, "{provider: x, types: [a], taggable: no}").version != shipped


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    assert refusal(
        tmp_path,
        "{provider: aws, taggable: no}",
        "{provider: aws, types: [a], taggable: no, on_bill: yes}",
        "{provider: aws, types: [b], services: [s, t], taggable: no}",
        "{provider: aws, types: [B], services: [T], taggable: yes}",
        "{provider: aws, types: [a], taggable: no, services: [s]}",
    ) == [
        "F:4: rows[0] speaks of nothing; give it types, services or both",
        "F:5: rows[1].on_bill: what can't carry tags brings none to the bill; write no or inherited-only, or leave it out",
        'F:7: "b" of "t" stands here again (first in the row of line 6); keep one',
    ]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("{provider: aws, type: [a], taggable: no}", 'unknown key "type" in rows[0]; allowed: provider, types'),
        ("{provider: aws, types: [a], taggable: maybe}", "rows[0].taggable: true or false is needed"),
        ("{provider: aws, types: [a]}", '"taggable" is missing in rows[0]; add it'),
        ("{types: [a], taggable: no}", '"provider" is missing in rows[0]; add it'),
        ("{provider: aws, types: [' '], taggable: no}", "rows[0].types: a type or service is needed; * stands for"),
        ("{provider: aws, types: [a], taggable: yes, on_bill: inherited}", 'Did you mean "inherited-only"?'),
    ],
)  # fmt: skip
def test_a_row_that_does_not_fit_is_refused(tmp_path: Path, row: str, told: str) -> None:
    (line,) = refusal(tmp_path, row)
    assert line.startswith("F:4: ")
    assert told in line


def test_a_table_of_the_former_form_is_told_what_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("version: 1\nuntaggable: []\n", "utf-8")
    with pytest.raises(
        InputError, match=r'own.yaml:2: unknown key "untaggable"; allowed: version, extends, rows'
    ):
        load_taggability(path)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_taggability(tmp_path / "none.yaml")


def test_the_file_that_the_page_shows_is_accepted(tmp_path: Path) -> None:
    (shown,) = (
        b.text for b in blocks(ROOT / "docs" / "taggability.md") if b.text.startswith("# taggability.yaml")
    )
    path = tmp_path / "taggability.yaml"
    path.write_text(shown, "utf-8")
    assert load_taggability(path).reaches_bill("aws", "ec2:elastic-ip", None) == "yes"
