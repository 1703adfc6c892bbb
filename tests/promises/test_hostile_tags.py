"""Tags, names and owners are hostile text: the run closes, and no door shows them in a way that does harm."""

from __future__ import annotations

import csv
import html
import io
import json
import os
import re
import subprocess
import sys
import unicodedata
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import yaml

from tests.bills import line, write_bill, write_config

ROOT = Path(__file__).parents[2]
NOW = "2026-11-03T06:00:00Z"
SCRIPT = '"><script>alert(document.domain)</script><img src=x onerror=alert(1)>'
FORMULA = "=cmd|' /C calc'!A0"
ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31mred"
BIDI = "abc\u202egnp.exe\u2066\u200b"
QUOTES = "x'; DROP TABLE base.charge; --\"`$(reboot)"
LINES = "one\r\ntwo\nthree\tfour"
PATH = "../../../../etc/cron.d/owned"
TEMPLATE = "{{ 7*7 }}{% for x in y %}${7*7}"
HOSTILE = {
    "script": SCRIPT, "formula": FORMULA, "escapes": ESCAPES, "bidi": BIDI, "nul": "before\x00after", "quotes": QUOTES,
    "lines": LINES, "path": PATH, "template": TEMPLATE, "long": "L" * (2 << 20), "plus": "+1+1", "at": "@SUM(1+1)", "minus": "-2+3",
    "yaml": "!!python/object/apply:os.system [reboot]", "emoji": "\U0001f9e8" * 50, "prom": 'a"}\nup 1\n# ',
}  # fmt: skip
LONE = '{"color": "lone\\ud800surrogate"}'  # JSON can escape half a character, UTF-8 can't hold it
# Owners whose names want to be files elsewhere; the key takes any value, so that they are valid owners.
OWNERS = (
    "../../outside",
    "..",
    "CON",
    "a/b\\c",
    "/abs/olute",
    "nul\x00byte",
    "-rf",
    SCRIPT,
    "é" * 200,
    ".hidden",
)
REGISTRY = """\
version: 1
owner: cost-center
keys:
  cost-center: {required: true, values: {pattern: '(?s).{1,4000}'}}
  color: {required: true, values: {list: [red, blue]}}
"""


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """(folder, what the terminal showed) of a run over nothing but hostile text."""
    folder = tmp_path_factory.mktemp("hostile") / "estate"
    config = write_config(folder, more="inventory: [{name: live, location: inventory/}]\n")
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    config.write_text(config.read_text().replace("allocation: allocation.yaml\n", ""), "utf-8")
    lines = [
        line(
            1 + n % 28,
            ResourceId=f"r-{name}",
            tags={"cost-center": "payments", "color": text, f"note{text[:300]}": text},
        )
        for n, (name, text) in enumerate(HOSTILE.items())
        if name != "long"
    ]
    lines.append(line(2, ResourceId="r-long", tags={"cost-center": "payments", "color": HOSTILE["long"]}))
    lines.append({**line(3, ResourceId="r-lone"), "Tags": LONE})
    lines += [
        line(4 + n, ResourceId=f"r-owner-{n}", tags={"cost-center": owner}) for n, owner in enumerate(OWNERS)
    ]
    lines += [
        line(
            20,
            ResourceId=f"r-{SCRIPT}",
            ServiceName=SCRIPT,
            ResourceType=FORMULA,
            SubAccountId=f"1{ESCAPES}",
            tags={"color": BIDI},
        ),
        line(
            21, ResourceId=FORMULA, ServiceName=f"{BIDI}{ESCAPES}", InvoiceId=QUOTES, tags={"color": FORMULA}
        ),
    ]
    write_bill(folder / "exports" / f"bill {SCRIPT.replace('/', '_')}.csv", lines)
    (folder / "inventory").mkdir()
    common = {"provider": "aws", "account": "111", "type": "AWS::EC2::Instance"}
    dump = [
        {**common, "id": f"r-{name}", "name": text[:500], "observed_at": f"2026-10-{day:02}T02:00:00", "tags": {"color": f"{day}{text}", text[:300]: "x"}}
        for name, text in HOSTILE.items()
        for day in (1, 20)
    ]  # fmt: skip
    (folder / "inventory" / "dump.jsonl").write_text("".join(json.dumps(row) + "\n" for row in dump), "utf-8")
    return folder, spoken(folder, "run", "--now", NOW, "--gaps-ok")


def spoken(folder: Path, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "recon", *args, "--config", str(folder / "tagrecon.yaml")], capture_output=True, cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"}, check=False,
    )  # fmt: skip
    said = (done.stdout + done.stderr).decode("utf-8", "surrogateescape")
    assert done.returncode == 0, said[-3000:]
    return said


def latest(scene: tuple[Path, str]) -> Path:
    return (scene[0] / "out" / "latest").resolve()


def rows(scene: tuple[Path, str], sql: str) -> list[tuple[object, ...]]:
    con = duckdb.connect(str(scene[0] / "var" / "tagrecon.duckdb"), read_only=True)
    try:
        return con.execute(sql).fetchall()
    finally:
        con.close()


def harmful(text: str) -> list[str]:
    """Characters that drive a terminal or turn text around; line ends and the tab of a layout aside."""
    return [
        hex(ord(c))
        for c in text
        if c not in "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    ]


def pages(scene: tuple[Path, str]) -> list[Path]:
    return sorted(latest(scene).rglob("*.html"))


# the store


def test_the_books_close_over_hostile_text(scene: tuple[Path, str]) -> None:
    closing = rows(
        scene,
        "SELECT source_rows, quarantined_rows, difference_billed, charges_billed - ledger_billed FROM closing",
    )
    lines = len(HOSTILE) + 1 + len(OWNERS) + 2
    assert closing == [(lines, 1, 0, 0)]


def test_half_a_character_puts_its_row_into_quarantine(scene: tuple[Path, str]) -> None:
    [(column, reason)] = rows(scene, "SELECT column_name, reason FROM quarantine")
    assert column == "Tags"
    assert "half a character" in str(reason)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "nul"])
def test_a_tag_value_is_kept_to_the_byte(scene: tuple[Path, str], name: str) -> None:
    found = {
        value
        for (value,) in rows(
            scene, "SELECT DISTINCT tag_value FROM base.tagset_entry WHERE tag_key = 'color'"
        )
    }
    assert HOSTILE[name] in found


def test_a_value_with_nul_is_kept_to_the_byte(scene: tuple[Path, str]) -> None:
    found = {
        value
        for (value,) in rows(
            scene, "SELECT DISTINCT tag_value FROM base.tagset_entry WHERE tag_key = 'color'"
        )
    }
    assert "before\x00after" in found


def test_quotes_of_a_tag_run_no_sql(scene: tuple[Path, str]) -> None:
    assert rows(scene, "SELECT count(*) > 0 FROM base.charge") == [(True,)]
    assert rows(scene, "SELECT verdict FROM verdicts WHERE ResourceId = 'r-quotes' AND key = 'color'") == [
        ("invalid",)
    ]


# the pages


class Elements(HTMLParser):
    """The elements and attributes that a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.handlers: list[str] = []
        self.addresses: list[str] = []
        self._in_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_script = tag == "script"
        self.handlers += [name for name, _ in attrs if name.startswith("on")]
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts.append(data)
            self._in_script = False


def elements(path: Path) -> Elements:
    parser = Elements()
    parser.feed(path.read_text("utf-8"))
    return parser


def test_the_hostile_text_does_reach_the_page(scene: tuple[Path, str]) -> None:
    assert html.escape("<script>alert(document.domain)") in (latest(scene) / "index.html").read_text("utf-8")


def test_no_page_runs_a_script_of_a_tag(scene: tuple[Path, str]) -> None:
    for page in pages(scene):
        found = elements(page)
        assert not [text for text in found.scripts if "alert(" in text], page.name
        assert found.handlers == [], page.name


def test_no_link_of_a_page_leaves_the_report(scene: tuple[Path, str]) -> None:
    for page in pages(scene):
        for address in elements(page).addresses:
            target = address.split("#")[0]
            assert not re.match(r"(?i)\s*(javascript|data|https?|file|//)", target), (page.name, address)
            if target:
                assert (page.parent / target).resolve().is_relative_to(latest(scene)), (page.name, address)


def test_no_page_holds_a_control_or_bidi_character(scene: tuple[Path, str]) -> None:
    assert {page.name: bad for page in pages(scene) if (bad := harmful(page.read_text("utf-8")))} == {}


def test_a_two_megabyte_value_does_not_make_a_big_page(scene: tuple[Path, str]) -> None:
    assert max(page.stat().st_size for page in pages(scene)) < 1 << 20


def test_owner_pages_lie_in_their_folder_under_harmless_names(scene: tuple[Path, str]) -> None:
    names = [path.name for path in (latest(scene) / "owners").iterdir()]
    assert len(names) == len(OWNERS) + 1  # payments
    assert [name for name in names if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,120}\.html", name)] == []
    assert len({name.casefold() for name in names}) == len(names)
    assert not {"con.html", "nul.html", "...html"} & set(names)


def test_nothing_is_written_outside_of_store_and_report(scene: tuple[Path, str]) -> None:
    own = {"tagrecon.yaml", "registry.yaml", "allocation.yaml", "exports", "inventory", "var", "out"}
    assert {path.name for path in scene[0].iterdir()} == own
    assert {path.name for path in scene[0].parent.iterdir()} == {scene[0].name}


# CSV, plan, metrics


def cells_of(path: Path) -> list[list[str]]:
    usual = csv.field_size_limit(4 << 20)  # the long value stands whole in the drift table
    try:
        return list(csv.reader(io.StringIO(path.read_text("utf-8"), newline="")))
    finally:
        csv.field_size_limit(usual)


def test_no_csv_cell_is_a_formula(scene: tuple[Path, str]) -> None:
    seen = 0
    for path in sorted((latest(scene) / "csv").glob("*.csv")):
        for row in cells_of(path):
            for cell in row:
                seen += cell.startswith("'=")
                number = re.fullmatch(r"-?\d+(\.\d+)?(e[+-]?\d+)?", cell)
                assert number or not re.match(r"\s*[=+\-@\t\r]", cell), (path.name, cell[:80])
    assert seen > 0  # the formula is there, guarded


def test_every_csv_row_has_the_columns_of_its_header(scene: tuple[Path, str]) -> None:
    for path in sorted((latest(scene) / "csv").glob("*.csv")):
        header, *body = cells_of(path)
        assert {len(row) for row in body} <= {len(header)}, path.name


def test_the_fix_plan_is_plain_yaml_and_proposes_no_hostile_value(scene: tuple[Path, str]) -> None:
    plan = yaml.safe_load((latest(scene) / "fix-plan.yaml").read_text("utf-8"))
    assert isinstance(plan, dict)
    proposed = [after for (after,) in rows(scene, "SELECT after_value FROM fix_actions WHERE key = 'color'")]
    assert set(proposed) <= {None, "red", "blue"}


def test_no_metric_is_made_up_by_a_tag(scene: tuple[Path, str]) -> None:
    text = (latest(scene) / "metrics.prom").read_text("utf-8")
    names = {row.split("{")[0].split(" ")[0] for row in text.splitlines() if row and not row.startswith("#")}
    assert names
    assert {name for name in names if not name.startswith("tagrecon_")} == set()


def test_the_summary_is_one_json_document(scene: tuple[Path, str]) -> None:
    summary = json.loads((latest(scene) / "summary.json").read_text("utf-8"))
    owners = {row["owner"] for row in summary["owners"]}
    assert {"../../outside", SCRIPT} <= owners
    assert sum(Decimal(row["source_billed"]) for row in summary["closing"]) > 0


# the terminal


def test_the_run_tells_nothing_that_drives_a_terminal(scene: tuple[Path, str]) -> None:
    assert "books" in scene[1]
    assert harmful(scene[1]) == []


@pytest.mark.parametrize("resource", ["r-escapes", "r-bidi", "r-nul", "r-lines", "r-long", "r-script"])
def test_explaining_a_resource_tells_nothing_that_drives_a_terminal(
    scene: tuple[Path, str], resource: str
) -> None:
    said = spoken(scene[0], "explain", resource)
    assert resource in said
    assert harmful(said) == []
    assert len(said) < 200_000


def test_json_for_a_terminal_holds_no_escape(scene: tuple[Path, str]) -> None:
    said = spoken(scene[0], "explain", "r-escapes", "--json")
    assert harmful(said) == []
    assert isinstance(json.loads(said), dict)
