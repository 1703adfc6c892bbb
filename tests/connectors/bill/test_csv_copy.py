"""Packed text is cut at ends of records, checked, and copied so that nothing of it changes."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.bill import gzip_pieces
from connectors.bill.csv_table import load_csv
from connectors.bill.gzip_pieces import pieces_of
from connectors.bill.sniff import sniff
from recon.errors import DeliveryRefused

CELLS = st.text(st.sampled_from('ab1 ,;"\n\r\\é'), max_size=8)
SMALL = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([["one", "two", "three"], *rows])
    return out.getvalue().encode()


def pieces(folder: Path, packed: bytes) -> list[bytes]:
    path = folder / "bill.gz"
    path.write_bytes(packed)
    with pieces_of(path, folder) as found:
        return [piece.read_bytes() for piece in found]


def loaded(path: Path, spool: Path | None) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str]]] | str:
    with duckdb.connect() as con:
        try:
            relation, rejected = load_csv(con, path, "lines", sniff(path), spool=spool)
        except DeliveryRefused as refused:
            return refused.reason
        return con.execute(f"SELECT c0, c1, c2, x_row FROM {relation} ORDER BY x_row").fetchall(), rejected


@SMALL
@given(rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=60))
def test_pieces_are_the_text_cut_at_ends_of_records(
    rows: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gzip_pieces, "PIECE", 40)
    monkeypatch.setattr(gzip_pieces, "_PACKED", 7)
    monkeypatch.setattr(gzip_pieces, "_TEXT", 11)
    text = written(rows)
    found = pieces(tmp_path, gzip.compress(text))
    assert b"".join(found) == text
    records = [record for piece in found for record in csv.reader(io.StringIO(piece.decode(), newline=""))]
    assert records == list(csv.reader(io.StringIO(text.decode(), newline="")))
    assert len(text) < 400 or len(found) > 1


@SMALL
@given(
    rows=st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=40),
    odd=st.lists(
        st.sampled_from(["a,b\n", "a,b,c,d\n", 'a,"b\n', 'a,b"c,d\n', '"a"b,c,d\n', "\n", "a,b,\\N\n"]),
        max_size=2,
    ),
    packed=st.booleans(),
)
def test_a_copy_says_what_the_file_read_as_a_whole_says(
    rows: list[list[str]], odd: list[str], packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gzip_pieces, "PIECE", 60)
    text = written(rows) + "".join(odd).encode() + written(rows)
    path = tmp_path / "bill"
    path.write_bytes(gzip.compress(text) if packed else text)
    assert loaded(path, tmp_path / "spool") == loaded(path, None)


def test_a_file_of_several_gzip_members_is_read_to_its_end(tmp_path: Path) -> None:
    text = written([["1", "2", "3"]])
    assert (
        b"".join(pieces(tmp_path, gzip.compress(text) + gzip.compress(b"4,5,6\n") + b"\x00" * 20))
        == text + b"4,5,6\n"
    )


@pytest.mark.parametrize("harm", ["cut", "flipped", "checksum"])
def test_damaged_gzip_data_is_refused(harm: str, tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(written([[str(n), "2", "3"] for n in range(5000)])))
    if harm == "cut":
        del packed[-20:]
    else:
        packed[-6 if harm == "checksum" else len(packed) // 2] ^= 4
    path = tmp_path / "bill.csv.gz"
    path.write_bytes(packed)
    with duckdb.connect() as con, pytest.raises(DeliveryRefused, match="gzip data is damaged or cut off"):
        load_csv(con, path, "lines", sniff(path), spool=tmp_path / "spool")


def test_copies_lie_where_no_one_else_can_read_them(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(written([["1", "2", "3"]]))
    assert loaded(path, tmp_path / "spool") == ([("1", "2", "3", 1)], [])
    [folder] = (tmp_path / "spool").iterdir()
    assert folder.stat().st_mode & 0o077 == 0
