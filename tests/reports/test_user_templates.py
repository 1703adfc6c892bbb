"""A user's templates change what they name, and nothing else."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recon.errors import InputError
from reports import publish

Publish = Callable[[dict[str, str]], Path]


@pytest.fixture
def with_templates(store: Path, summary: dict[str, Any], tmp_path: Path) -> Publish:
    def run(files: dict[str, str]) -> Path:
        folder = tmp_path / "templates"
        folder.mkdir()
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
        publish(store, summary, tmp_path / "out", title="Example Ltd", templates=folder)
        return tmp_path / "out"

    return run


def test_one_block_can_be_replaced_and_the_others_stay(with_templates: Publish) -> None:
    out = with_templates({
        "index.html": '{% extends "tagrecon/index.html" %}'
        "{% block footer %}<footer>Ours</footer>{% endblock %}"
    })  # fmt: skip
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "<footer>Ours</footer>" in page and '<section id="proof">' in page


def test_a_new_html_report_reads_the_stable_views_escaped(with_templates: Publish) -> None:
    out = with_templates(
        {"mine.html": '{% for row in view("resources") %}<p>{{ row.ResourceName }}</p>{% endfor %}'}
    )
    assert "<p>&lt;script&gt;" in (out / "mine.html").read_text(encoding="utf-8")


def test_a_new_csv_report_is_guarded_cell_by_cell(with_templates: Publish) -> None:
    out = with_templates({
        "mine.csv": '"name"\n{% for row in view("resources") %}{{ row.ResourceName }}\n{% endfor %}'
    })  # fmt: skip
    with (out / "csv" / "mine.csv").open(newline="", encoding="utf-8") as file:
        names = [row[0] for row in csv.reader(file)]
    assert "'=cmd|' /C calc'!A0" in names
    assert len(names) == 11


def test_a_private_table_is_refused(with_templates: Publish) -> None:
    with pytest.raises(InputError, match=r"mine\.html.*view 'base\.charge' is not known"):
        with_templates({"mine.html": '{{ view("base.charge") }}'})


def test_a_template_cannot_reach_the_interpreter(with_templates: Publish) -> None:
    with pytest.raises(InputError, match="sandbox"):
        with_templates({"mine.html": "{{ view.__globals__ }}"})


def test_an_error_names_file_and_line(with_templates: Publish) -> None:
    with pytest.raises(InputError, match=r"mine\.html:2: template failed"):
        with_templates({"mine.html": "<p>\n{% if %}"})


def test_a_name_that_is_not_known_is_an_error_not_a_blank(with_templates: Publish) -> None:
    with pytest.raises(InputError, match="'totl' is undefined"):
        with_templates({"mine.html": "{{ totl }}"})
