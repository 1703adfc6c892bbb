"""Files that nobody would write on purpose are read, or refused with a reason and by name; none of them ends a run."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.bill.table import look_inside
from recon.errors import DeliveryRefused
from tests.bills import line, write_bill
from tests.connectors.bill.odd_files import TOTAL, TWO, audited, billed, gaps, opened


def text_of_two(tmp_path: Path) -> str:
    write_bill(tmp_path / "plain.csv", TWO)
    return (tmp_path / "plain.csv").read_text("utf-8")


@pytest.mark.parametrize("size", [200_000, 10_000_000])
def test_a_tag_of_many_characters_is_read(size: int, tmp_path: Path) -> None:
    bill = tmp_path / "bill.csv"
    write_bill(bill, [line(tags={"note": "x" * size}), line(6, cost="2.50")])
    found = opened(bill, tmp_path / "spool")
    assert found is not None
    assert found.total() == TOTAL
    assert max(len(str(tags)) for (tags,) in found.rows("i_" + found.lines.tag_columns[-1][2:])) > size


def test_a_cell_above_what_pythons_csv_allows_goes_through_the_whole_job(tmp_path: Path) -> None:
    write_bill(tmp_path / "bill.csv", [line(tags={"note": "x" * 200_000}), TWO[1]])
    result = audited(tmp_path / "bill.csv", tmp_path)
    assert (result.status, billed(result)) == ("ok", TOTAL)


def zipped(path: Path, text: str, method: int) -> bytearray:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("bill.csv", text * 50)
    return bytearray(path.read_bytes())


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
@pytest.mark.parametrize("harm", ["flipped", "zeroed", "short"])
def test_a_damaged_zip_is_refused(method: int, harm: str, tmp_path: Path) -> None:
    path = tmp_path / "bill.zip"
    content = zipped(path, text_of_two(tmp_path), method)
    start, end = 60, len(content) - 120
    if harm == "flipped":
        for n in range(start, end, 7):
            content[n] ^= 0x55
    elif harm == "zeroed":
        content[start:end] = bytes(end - start)
    else:  # the directory promises more than the packed data holds
        content = content[: start + 10] + content[end:]
    path.write_bytes(content)
    with pytest.raises(DeliveryRefused, match="damaged, cut-off or locked zip"):
        opened(path, tmp_path / "spool")


def test_a_zip_from_macos_is_read_as_the_one_bill_in_it(tmp_path: Path) -> None:
    path = tmp_path / "bill.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("bill.csv", text_of_two(tmp_path))
        archive.writestr("__MACOSX/._bill.csv", b"\x00\x05\x16\x07\x00\x02")
        archive.writestr(".DS_Store", b"\x00\x00\x00\x01Bud1")
    found = opened(path, tmp_path / "spool")
    assert found is not None
    assert found.total() == TOTAL


def test_a_zip_in_a_zip_is_refused(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("bill.csv", text_of_two(tmp_path))
    with zipfile.ZipFile(tmp_path / "bill.zip", "w") as archive:
        archive.writestr("bill.zip", inner.getvalue())
    result = audited(tmp_path / "bill.zip", tmp_path)
    assert result.status == "partial"
    assert any("zip in a zip" in reason for reason in gaps(result))


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000],
    ids=["open", "keys", "whole"],
)
def test_deeply_nested_json_ends_no_run(content: str, tmp_path: Path) -> None:
    (tmp_path / "bills").mkdir()
    (tmp_path / "bills" / "deep.json").write_text(content, "utf-8")
    write_bill(tmp_path / "bills" / "good.csv", TWO)
    assert billed(audited(tmp_path / "bills", tmp_path)) == TOTAL


def test_a_row_of_deeply_nested_tags_ends_no_run(tmp_path: Path) -> None:
    deep = json.dumps(TWO[0])[:-1] + ', "x_Deep": ' + "[" * 50_000 + "]" * 50_000 + "}"
    (tmp_path / "bill.jsonl").write_text(json.dumps(TWO[1]) + "\n" + deep + "\n", "utf-8")
    result = audited(tmp_path / "bill.jsonl", tmp_path)
    assert billed(result) == TOTAL
    assert result.status == "ok"


@pytest.mark.parametrize(
    "error", [RuntimeError("odd"), RecursionError(), KeyError("x"), lzma.LZMAError("bad")]
)
def test_what_nobody_foresaw_refuses_the_file_by_name(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bills = tmp_path / "bills"
    write_bill(bills / "bad.csv", [line(BillingAccountId="other")])
    write_bill(bills / "good.csv", TWO)

    def stumbling(con: object, path: Path, spool: Path) -> object:
        if path.name == "bad.csv":
            raise error
        return look_inside(con, path, spool)  # type: ignore[arg-type]

    # no file is known that still does this: the next one must not end the run either
    monkeypatch.setattr("connectors.formats.look_inside", stumbling)
    result = audited(bills, tmp_path)
    assert billed(result) == TOTAL
    [reason] = gaps(result)
    assert type(error).__name__ in reason
    assert any("bad.csv" in gap["scope"] for gap in result.summary["gaps"])


@pytest.mark.parametrize(
    "content", [b"", b" \n\n\t\n", gzip.compress(b"")], ids=["no bytes", "blank", "gzip"]
)
def test_an_audit_of_nothing_is_partial_and_says_why(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bill.csv").write_bytes(content)
    result = audited(tmp_path / "bill.csv", tmp_path)
    assert result.status == "partial"
    assert any("no bill lines lie there" in reason for reason in gaps(result))


@pytest.mark.parametrize("content", ["[1, 2]", '{"a": [\n{}]}', "[]", '{"assemblyId": "x"}'])
def test_an_audit_of_a_document_is_partial_and_says_why(content: str, tmp_path: Path) -> None:
    (tmp_path / "bill.json").write_text(content, "utf-8")
    result = audited(tmp_path / "bill.json", tmp_path)
    assert result.status == "partial"
    assert any("a document" in reason for reason in gaps(result))


def test_a_marker_file_beside_bills_is_no_gap(tmp_path: Path) -> None:
    write_bill(tmp_path / "bills" / "bill.csv", TWO)
    (tmp_path / "bills" / "_SUCCESS").write_bytes(b"")
    result = audited(tmp_path / "bills", tmp_path)
    assert (result.status, billed(result)) == ("ok", TOTAL)


Said = tuple[str, Callable[[str], bytes], str]
LOOKS_LIKE: tuple[Said, ...] = (
    ("blank lines", lambda text: b"\n\n" + text.encode(), "line 3"),
    ("a title", lambda text: b"Cost report\nMade on Monday\n\n" + text.encode(), "line 4"),
    ("a title with commas", lambda text: b"Cost report, October,\n" + text.encode(), "line 2"),
    ("tabs", lambda text: text.replace(",", "\t").encode(), "tab"),
    ("pipes", lambda text: text.replace(",", "|").encode(), "|"),
    ("UTF-16 little", lambda text: text.encode("utf-16-le"), "UTF-16"),
    ("UTF-16 big", lambda text: text.encode("utf-16-be"), "UTF-16"),
    ("UTF-16 with a mark", lambda text: text.encode("utf-16"), "UTF-16"),
)


@pytest.mark.parametrize(("make", "said"), [c[1:] for c in LOOKS_LIKE], ids=[c[0] for c in LOOKS_LIKE])
def test_a_refusal_says_what_the_text_looks_like(
    make: Callable[[str], bytes], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(make(text_of_two(tmp_path)))
    with pytest.raises(DeliveryRefused) as refused:
        opened(path, tmp_path / "spool")
    assert said in refused.value.reason


@pytest.mark.parametrize("cost", ["1,25", "-1.234,56", "1 234,5"])
def test_a_decimal_comma_is_called_one(cost: str, tmp_path: Path) -> None:
    write_bill(tmp_path / "bill.csv", [line(cost=cost), TWO[1], line(7, cost="1,234.56")])
    found = opened(tmp_path / "bill.csv", tmp_path / "spool")
    assert found is not None
    assert any("decimal comma" in reason for reason in found.why())
    plain = next(bad for bad in found.lines.bad_rows if "decimal comma" in bad.reason)
    query = f"SELECT x_row FROM {found.lines.raw} WHERE {plain.condition}"
    assert found.con.execute(query).fetchall() == [(1,)]
    assert found.total() == Decimal("2.5")


def test_the_quarantine_of_a_european_spreadsheet_says_decimal_comma(tmp_path: Path) -> None:
    bill = tmp_path / "bills" / "bill.csv"
    write_bill(bill, [line(cost="1,25"), TWO[1]])
    result = audited(bill, tmp_path)
    assert result.summary["closing"][0]["quarantined_rows"] == 1


def test_costs_of_more_digits_than_a_double_has_keep_them_in_json(tmp_path: Path) -> None:
    deep = "0.123456789012345678901234"
    one = json.dumps({**TWO[0], "BilledCost": 1, "EffectiveCost": 1, "x_Long": "0.98765432109876543210"})
    path = tmp_path / "bill.jsonl"
    path.write_text(
        one.replace('"BilledCost": 1', f'"BilledCost": {deep}') + "\n" + json.dumps(TWO[1]), "utf-8"
    )
    found = opened(path, tmp_path / "spool", full=True)
    assert found is not None
    assert found.total() == Decimal(deep) + Decimal("2.50")
    assert found.rows("x_Long")[0] == ("0.98765432109876543210",)
