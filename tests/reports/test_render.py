"""A published report is whole, harmless and the same every time."""

from __future__ import annotations

import csv
import hashlib
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from recon.errors import InputError
from reports import publish
from reports.pages import OURS
from reports.questions import STABLE_VIEWS


class Tags(HTMLParser):
    """Every element with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def page_of(out: Path) -> str:
    return (out / "index.html").read_text(encoding="utf-8")


def table(out: Path, name: str) -> list[dict[str, str]]:
    csv.field_size_limit(10**7)
    with (out / "csv" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def digests(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_all_files_are_written_and_named(store: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    written = publish(store, summary, tmp_path / "out", title="Example Ltd")
    names = {str(path.relative_to(tmp_path / "out")) for path in written}
    tables = ("verdicts", "findings", "owners", "coverage", "ledger", "closing", "drift", "slis", "fixes",
              "source_files", "quarantine", "source_steps", "restatements")  # fmt: skip
    assert {f"csv/{name}.csv" for name in tables} <= names
    assert {"index.html", "metrics.prom", "owners/payments.html", "parquet/ledger.parquet"} <= names
    assert names == set(digests(tmp_path / "out"))


def test_the_same_store_and_summary_give_the_same_bytes(
    store: Path, summary: dict[str, Any], published: Path, tmp_path: Path
) -> None:
    publish(store, summary, tmp_path / "again", title="Example Ltd")
    assert digests(tmp_path / "again") == digests(published)


def test_the_page_keeps_its_order(published: Path) -> None:
    ids = re.findall(r'<section id="([a-z]+)"', page_of(published))
    assert ids == [
        "figures",
        "waterfall",
        "next",
        "owners",
        "coverage",
        "drift",
        "restated",
        "findings",
        "oncall",
        "debug",
        "proof",
    ]


def test_the_page_asks_for_nothing_outside_itself(published: Path) -> None:
    for file in (published / "index.html", *(published / "owners").iterdir()):
        for tag, attributes in Tags(file.read_text(encoding="utf-8")).found:
            assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "image", "use"}, (
                file
            )
            assert "src" not in attributes and "style" not in attributes, (file, tag)
            assert not any(name.startswith("on") for name in attributes), (file, tag)
            assert not re.match(r"(?i)[a-z]+:|//", attributes.get("href") or ""), (file, attributes)


def test_the_policy_allows_exactly_the_style_and_script_of_the_page(published: Path) -> None:
    import base64

    page = page_of(published)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy and policy[1].startswith("default-src &#39;none&#39;; ")
    for tag in ("style", "script"):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{tag}-src &#39;sha256-{digest}&#39;" in policy[1]


def test_hostile_text_never_becomes_markup(published: Path, hostile: dict[str, str]) -> None:
    page = page_of(published)
    assert hostile["script"] not in page and hostile["image"] not in page
    assert "&lt;script&gt;document.title=" in page


@pytest.mark.parametrize("unseen", ["\u202e", "\x00", "\x1b", "\u200b", "\ufeff"])
def test_unseen_characters_are_spelled_out_on_every_page(published: Path, unseen: str) -> None:
    for file in (published / "index.html", *(published / "owners").iterdir()):
        assert unseen not in file.read_text(encoding="utf-8"), file


def test_a_value_of_ten_kilobytes_does_not_flood_the_page(published: Path) -> None:
    assert "x" * 500 not in page_of(published)
    assert "(10,240 characters)" in page_of(published)


def test_no_csv_cell_begins_like_a_formula(published: Path) -> None:
    numbers = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
    for file in (published / "csv").iterdir():
        for row in table(published, file.stem):
            for value in row.values():
                assert not value.startswith(("=", "+", "@", "\t", "\r")), (file.name, value)
                assert not value.startswith("-") or numbers.fullmatch(value), (file.name, value)


def test_all_causes_are_in_the_page_without_javascript(published: Path) -> None:
    body = page_of(published).split('<section id="findings">')[1].split("</section>")[0]
    assert len(re.findall(r"<tr><td data-v", body)) == 12
    assert "hidden" not in re.sub(r"hidden formula", "", body)


def test_one_cause_is_one_row(published: Path) -> None:
    body = page_of(published).split('<section id="findings">')[1].split("</section>")[0]
    assert body.count("Required, taggable, absent everywhere.") == 1
    assert '<td class="num" data-v="40">40</td>' in body


def test_a_closed_finding_is_not_on_the_page(published: Path) -> None:
    assert "i-closed" not in page_of(published)


def test_rounded_lines_of_a_statement_add_up_in_the_csv(published: Path) -> None:
    rows = [
        r for r in table(published, "owners") if (r["billing_period"], r["currency"]) == ("2026-09", "USD")
    ]
    exact = sum(Decimal(row["total"]) for row in rows)
    assert sum(Decimal(row["total_rounded"]) for row in rows) == round(exact, 2)


def test_the_csv_of_the_ledger_is_exact(published: Path, store: Path) -> None:
    with duckdb.connect(str(store), read_only=True) as con:
        (total,) = con.execute("SELECT sum(BilledCost) FROM ledger").fetchone() or (None,)
    assert sum(Decimal(row["BilledCost"]) for row in table(published, "ledger")) == total


def test_the_parquet_ledger_keeps_money_as_decimal(published: Path, store: Path) -> None:
    path = published / "parquet" / "ledger.parquet"
    with duckdb.connect(str(store), read_only=True) as con:
        kind = con.execute(f"DESCRIBE SELECT BilledCost FROM '{path}'").fetchall()[0][1]
        difference = con.execute(
            f"SELECT (SELECT sum(EffectiveCost) FROM '{path}') - (SELECT sum(EffectiveCost) FROM ledger)"
        ).fetchone()
    assert kind == "DECIMAL(38,24)"
    assert difference == (0,)


def test_currencies_are_never_added(published: Path) -> None:
    page = page_of(published)
    assert "1,284,136.03\u00a0USD" in page and "18,360.90\u00a0EUR" in page
    assert "1,302,496" not in page


def test_a_cut_table_says_how_much_the_rest_is(store: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    publish(store, summary, tmp_path, title="Example Ltd", top=2)
    page = page_of(tmp_path)
    assert "3 more owners" in page and "17 more. " in page


def test_every_gap_named_by_a_figure_has_its_place(published: Path) -> None:
    page = page_of(published)
    links = set(re.findall(r'href="#([^"]+)"', page))
    assert links - set(re.findall(r'id="([^"]+)"', page)) == set()


def test_an_estate_without_a_bill_still_has_a_report(
    store: Path, summary: dict[str, Any], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.duckdb"
    with duckdb.connect(str(empty)) as con:
        con.execute(f"ATTACH '{store}' AS full_store (READ_ONLY)")
        for view in STABLE_VIEWS:
            con.execute(f"CREATE TABLE {view} AS SELECT * FROM full_store.{view} WHERE false")
    bare = {"schema": summary["schema"], "run": {**summary["run"], "periods": []}}
    publish(empty, bare, tmp_path / "out", title="Example Ltd")
    assert "No bill has been read yet" in page_of(tmp_path / "out")


def test_the_store_is_not_changed(store: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    before = hashlib.sha256(store.read_bytes()).hexdigest()
    publish(store, summary, tmp_path, title="Example Ltd")
    assert hashlib.sha256(store.read_bytes()).hexdigest() == before


def test_the_plan_is_copied_and_linked(store: Path, summary: dict[str, Any], tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    plan.write_text("actions: []\n", encoding="utf-8")
    written = publish(store, summary, tmp_path / "out", title="Example Ltd", fix_plan=plan)
    assert tmp_path / "out" / "fix-plan.yaml" in written
    assert '<a href="fix-plan.yaml">' in page_of(tmp_path / "out")


def test_an_owner_page_adds_up(published: Path) -> None:
    page = (published / "owners" / "payments.html").read_text(encoding="utf-8")
    first = page.split("How does it add up, USD?")[1].split("</table>")[0]
    *parts, total = [
        Decimal(v.replace(",", "")) for v in re.findall(r'data-v="[^"]*">([-0-9.,]+)</td>', first)
    ]
    assert len(parts) == 4 and sum(parts) == total


def test_every_period_of_an_owners_history_adds_up(published: Path) -> None:
    page = (published / "owners" / "payments.html").read_text(encoding="utf-8")
    for history in page.split("How has it moved?")[1:]:
        rows = re.findall(r'<tr><th scope="row">.*?</tr>', history.split("</table>")[0])
        assert len(rows) == 7
        for row in rows:
            shown = [Decimal(v.replace(",", "")) for v in re.findall(r'data-v="[^"]*">([-0-9.,]+)</td>', row)]
            assert sum(shown[:4]) == shown[4]


def test_the_shipped_assets_cannot_end_their_own_element() -> None:
    assert all("</" not in (OURS / name).read_text(encoding="utf-8") for name in ("style.css", "page.js"))


def test_a_template_directory_that_is_not_there_is_the_users_error(
    store: Path, summary: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"report\.templates: no such directory"):
        publish(store, summary, tmp_path, title="x", templates=tmp_path / "nowhere")
