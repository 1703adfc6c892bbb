"""Does every billing format keep the same promises, in every container that it is delivered in?

All samples are loaded by the real job, side by side in one store; each test asks one promise of one sample. What a
format does beyond that stands in its own tests.
"""

from __future__ import annotations

import copy
import shutil
import zlib
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from recon.run.audit import audit
from tests.bills import NOW, REGISTRY
from tests.connectors.all_formats import AllFormats, Told
from tests.connectors.samples import BY_NAME, COSTS, SAMPLES, Line, Sample

EVERY = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
TEXT = tuple(sample for sample in SAMPLES if sample.text and not sample.suffix.endswith((".gz", ".zip")))
ONE_OF_EACH = ("focus-csv", "cur-csv", "azure-customer", "google-detailed-jsonl")
_STEPS = "SELECT coalesce(sum(amount) FILTER (step_no > 0), 0) FROM source_steps WHERE BillingAccountId = ?"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[AllFormats, Told]:
    """All formats delivered once."""
    bills = AllFormats(tmp_path_factory.mktemp("first")).deliver(lambda sample: sample.whole())
    return bills, bills.run()


@pytest.fixture(scope="module")
def again(
    first: tuple[AllFormats, Told], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], AllFormats]:
    """A copy of the delivered bills and their store, to be changed."""

    def copied(name: str) -> AllFormats:
        folder = tmp_path_factory.mktemp(name)
        shutil.copytree(first[0].folder, folder, dirs_exist_ok=True)
        return AllFormats(folder)

    return copied


class TestADelivery:
    """What a good bill becomes."""

    @EVERY
    def test_it_is_recognized_and_loaded_without_a_connector_named(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        [(status, title, column)] = first[1].files(sample, "(status, format, raw_column)")
        assert (status, title, column) == ("loaded", sample.title, sample.raw_column)

    @EVERY
    def test_its_own_cost_and_the_named_steps_make_what_was_billed(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        told, raw = first[1], sample.raw_total(sample.whole())
        [(steps,)] = told.rows(_STEPS, sample.name)
        assert told.closing(sample, "source_raw", "source_raw_column") == (raw, sample.raw_column)
        assert steps == sample.credits
        assert told.closing(sample, "source_billed") == (raw + sample.credits,)

    @EVERY
    def test_both_costs_are_the_same_in_source_charges_and_ledger(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        billed, effective = first[1].totals(sample)
        for cost, total in (("billed", billed), ("effective", effective)):
            columns = (f"source_{cost}", f"charges_{cost}", f"ledger_{cost}", f"difference_{cost}")
            assert first[1].closing(sample, *columns) == (total, total, total, 0)
        if sample.effective:
            assert effective == Decimal("0.5") * len(sample.whole())

    @EVERY
    def test_every_line_is_in_it_also_those_that_are_alike(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        told, lines = first[1], len(sample.whole())
        assert told.files(sample, "(source_rows, loaded_rows, quarantined_rows, excluded_rows)") == [
            (lines, lines, 0, 0)
        ]
        query = "SELECT sum(x_Lines)::INT, sum(BilledCost) FROM charges WHERE BillingAccountId = ? AND ResourceId = 'r-4'"
        with_resources = sample.name != "google-standard-csv"
        assert told.rows(query, sample.name) == ([(2, Decimal("0.2"))] if with_resources else [(None, None)])

    @EVERY
    def test_its_charges_have_what_identifies_money(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        query = (
            "SELECT DISTINCT billing_period, x_ProviderId IS NOT NULL, BillingCurrency IN ('USD', 'EUR'), x_ChargeDate IS NOT NULL, "
            "ServiceName IS NOT NULL, SubAccountId IS NOT NULL FROM charges WHERE BillingAccountId = ? AND ResourceId IS NOT DISTINCT FROM ?"
        )
        resource = None if sample.name == "google-standard-csv" else "r-1"
        assert first[1].rows(query, sample.name, resource) == [("2026-09", *[True] * 5)]

    @EVERY
    def test_every_charge_has_one_category_that_focus_knows(
        self, sample: Sample, first: tuple[AllFormats, Told]
    ) -> None:
        found = first[1].rows(
            "SELECT DISTINCT ChargeCategory, x_Class FROM charges WHERE BillingAccountId = ?", sample.name
        )
        assert {category for category, _ in found} <= {"Usage", "Purchase", "Tax", "Credit", "Adjustment"}
        assert all(kind for _, kind in found)

    def test_the_books_of_all_formats_close_to_zero(self, first: tuple[AllFormats, Told]) -> None:
        assert first[1].differences() == {0}
        assert first[1].rows("SELECT count(*) FROM closing") == [(len(SAMPLES),)]

    def test_no_money_is_a_binary_float_in_any_table(self, first: tuple[AllFormats, Told]) -> None:
        money = "billed|effective|cost|amount|raw|total|difference|stake|recovered|residue"
        inexact = first[1].rows(
            "SELECT table_name || '.' || column_name FROM information_schema.columns "
            f"WHERE data_type IN ('DOUBLE', 'FLOAT', 'REAL') AND regexp_matches(lower(column_name), '{money}')"
        )
        # shares, not money: covered by cost ÷ cost
        assert {name for (name,) in inexact if not name.startswith("coverage.by_")} == set()
        kinds = first[1].rows(
            "SELECT DISTINCT data_type FROM information_schema.columns WHERE column_name IN "
            "('BilledCost', 'EffectiveCost', 'billed', 'effective', 'raw_cost', 'source_billed', 'source_raw')"
        )
        assert kinds == [("DECIMAL(38,24)",)]

    def test_the_same_files_again_change_nothing(self, again: Callable[[str], AllFormats]) -> None:
        bills = again("unchanged")
        before = (bills.folder / "var" / "tagrecon.duckdb").stat().st_mtime_ns
        assert bills.run().result.status == "ok"
        assert (bills.folder / "var" / "tagrecon.duckdb").stat().st_mtime_ns == before


@pytest.fixture(scope="module")
def restated(again: Callable[[str], AllFormats]) -> Told:
    """The first line of each bill was corrected from 1.25 to 2."""
    bills = again("restated")
    return bills.deliver(_corrected).run()


def _corrected(sample: Sample) -> list[Line]:
    lines = sample.whole()
    return [{**lines[0], sample.cost: "2"}, *lines[1:]]


class TestARestatement:
    @EVERY
    def test_it_replaces_and_never_adds(self, sample: Sample, restated: Told) -> None:
        assert restated.totals(sample)[0] == sample.raw_total(_corrected(sample)) + sample.credits
        assert restated.files(sample) == ["loaded"]

    @EVERY
    def test_what_it_changed_is_told(self, sample: Sample, restated: Told) -> None:
        changes = restated.rows(
            "SELECT billed_change FROM restatements WHERE BillingAccountId = ?", sample.name
        )
        assert changes == [(Decimal("0.75"),)]

    def test_the_books_close_again(self, restated: Told) -> None:
        assert restated.differences() == {0}


@pytest.fixture(scope="module")
def twice(again: Callable[[str], AllFormats]) -> tuple[AllFormats, Told]:
    """Each bill lies there a second time, under another name."""
    bills = again("twice").deliver(lambda sample: sample.whole(), name="copy")
    return bills, bills.run()


class TestADeliveryThatLiesThereTwice:
    @EVERY
    def test_it_is_held_until_someone_says_what_it_is(
        self, sample: Sample, twice: tuple[AllFormats, Told]
    ) -> None:
        told = twice[1]
        assert told.files(sample) == ["held", "held"]
        [reason] = set(told.files(sample, "reason"))
        assert "files: parts" in reason and "bill" in reason and "copy" in reason

    @EVERY
    def test_meanwhile_what_was_loaded_stays(self, sample: Sample, twice: tuple[AllFormats, Told]) -> None:
        assert twice[1].totals(sample)[0] == sample.raw_total(sample.whole()) + sample.credits

    def test_nothing_is_lost_from_sight_while_it_is_held(self, twice: tuple[AllFormats, Told]) -> None:
        assert twice[1].result.status == "partial"
        kinds = [gap["kind"] for gap in twice[1].result.summary["gaps"]]
        assert kinds.count("held") == len(SAMPLES)

    def test_said_to_be_parts_it_adds_up_and_said_to_be_newest_it_counts_once(
        self, twice: tuple[AllFormats, Told]
    ) -> None:
        bills, some = twice[0], [BY_NAME[name] for name in ONE_OF_EACH]
        for choice, times in (("parts", 2), ("newest", 1)):
            told = bills.run(some, files=choice)
            once = [s.raw_total(s.whole()) + s.credits for s in some]
            assert [told.totals(s)[0] for s in some] == [times * total for total in once]
            assert told.differences() == {0}


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Good lines, and among them a cost nobody can read (row 2), a day nobody can read (row 4), a type of charge
    nobody has heard of (row 6), and two new columns."""
    return AllFormats(tmp_path_factory.mktemp("odd")).deliver(_odd).run()


def _odd(sample: Sample) -> list[Line]:
    lines: list[Line] = [{**line, sample.novelty: "7", "colour": "blue"} for line in sample.lines()]
    lines[1][sample.cost] = sample.bad_cost
    lines[3][sample.day] = sample.bad_day
    if sample.kind:
        lines[5][sample.kind] = "Tribute"
        lines[5][sample.cost] = "10"
    return lines


class TestOddRowsAndColumns:
    @EVERY
    def test_a_row_that_can_t_be_read_is_quarantined_with_file_row_column_and_reason(
        self, sample: Sample, odd: Told
    ) -> None:
        found = odd.rows(
            "SELECT path, row_number, column_name, reason <> '' FROM quarantine WHERE source = ? ORDER BY row_number",
            sample.name,
        )
        path = f"exports/{sample.name}/bill{sample.suffix}"
        focus = "BilledCost" if sample.name.startswith("focus") else sample.cost
        assert found == [(path, 2, focus, True), (path, 4, sample.day, True)]

    @EVERY
    def test_the_text_of_its_cell_is_kept_where_it_is_text(self, sample: Sample, odd: Told) -> None:
        found = odd.rows("SELECT text FROM quarantine WHERE source = ? ORDER BY row_number", sample.name)
        assert [text for (text,) in found] == (["$1.00", "soon"] if sample.text else ["nan", None])

    @EVERY
    def test_the_other_rows_load_and_the_money_of_a_row_with_a_bad_day_is_known(
        self, sample: Sample, odd: Told
    ) -> None:
        assert odd.files(sample, "(status, source_rows, loaded_rows, quarantined_rows)") == [
            ("loaded", 7, 5, 2)
        ]
        good = [line for n, line in enumerate(_odd(sample)) if n not in (1, 3)]
        assert odd.totals(sample)[0] == sample.raw_total(good)
        known = Decimal(0) if sample.month_by_day else Decimal("0.1")  # without a day it belongs to no book
        columns = ("quarantined_billed", "difference_billed", "difference_effective")
        assert odd.closing(sample, *columns) == (known, 0, 0)

    @EVERY
    def test_a_type_of_charge_that_nobody_knows_is_kept(self, sample: Sample, odd: Told) -> None:
        if not sample.kind:
            pytest.skip("this format does not say what type a charge is")
        query = "SELECT ChargeCategory, x_Class FROM charges WHERE BillingAccountId = ? AND BilledCost = 10"
        [(category, kind)] = odd.rows(query, sample.name)
        # FOCUS says the category itself: a word of its own is kept as it is written, and counts as an adjustment
        assert category == ("Tribute" if sample.name.startswith("focus") else "Adjustment")
        assert kind == "adjustment"

    @EVERY
    def test_a_new_cost_column_is_named_and_no_new_column_is_fatal(self, sample: Sample, odd: Told) -> None:
        [unknown] = odd.rows("SELECT unknown_columns FROM base.source_file WHERE source = ?", sample.name)
        assert sample.novelty in str(unknown[0]).split(", ")
        found = odd.rows(
            "SELECT key FROM findings WHERE check_id = 'unknown-column' AND ResourceId = ?", sample.name
        )
        assert (sample.novelty,) in found


@pytest.fixture(scope="module")
def hollow(again: Callable[[str], AllFormats]) -> Told:
    """New bills of nothing but a header beside the loaded ones, and files of no bytes at all."""
    bills = again("hollow")
    for sample in SAMPLES:
        _header_only(sample, bills.bill(sample, "header"))
        bills.bill(sample, "nothing").write_bytes(b"")
    return bills.run()


def _header_only(sample: Sample, path: Path) -> None:
    sample.write(path, sample.whole())
    if sample.suffix == ".csv":
        path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    elif sample.suffix.endswith(".parquet"):
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        path.unlink()  # JSON lines have no header; packed text is text


class TestBillsWithoutLines:
    @EVERY
    def test_a_header_alone_is_a_bill_of_no_rows(self, sample: Sample, hollow: Told) -> None:
        if sample.suffix not in (".csv",) and not sample.suffix.endswith(".parquet"):
            pytest.skip("no header of its own")
        [(status, rows)] = hollow.rows(
            "SELECT status, source_rows FROM source_files WHERE source = ? AND path LIKE '%header%'",
            sample.name,
        )
        assert (status, rows) == ("loaded", 0)

    @EVERY
    def test_a_file_of_no_bytes_is_listed_and_says_that_it_is_empty(
        self, sample: Sample, hollow: Told
    ) -> None:
        query = "SELECT status, reason FROM source_files WHERE source = ? AND path LIKE '%nothing%'"
        [(status, reason)] = hollow.rows(query, sample.name)
        assert status == "ignored" and "empty" in reason

    @EVERY
    def test_neither_touches_what_was_loaded(self, sample: Sample, hollow: Told) -> None:
        assert hollow.totals(sample)[0] == sample.raw_total(sample.whole()) + sample.credits

    def test_the_books_close(self, hollow: Told) -> None:
        assert hollow.differences() == {0}


@pytest.fixture(scope="module")
def cut(again: Callable[[str], AllFormats]) -> Told:
    """Each bill is delivered again, cut off in the middle of its last third."""
    bills = again("cut").deliver(_corrected)
    for sample in SAMPLES:
        path = bills.bill(sample)
        whole = path.read_bytes()
        path.write_bytes(whole[: _in_the_middle_of_a_line(whole) if sample in TEXT else len(whole) * 2 // 3])
    return bills.run()


def _in_the_middle_of_a_line(whole: bytes) -> int:
    start = whole.rstrip().rfind(b"\n") + 1
    return (start + len(whole)) // 2


class TestACutOffDelivery:
    @EVERY
    def test_it_is_refused_with_a_reason(self, sample: Sample, cut: Told) -> None:
        found = cut.rows(
            "SELECT status, reason FROM source_files WHERE source = ? AND reason IS NOT NULL", sample.name
        )
        [(status, reason)] = found
        assert status == "refused"
        assert any(word in reason for word in ("cut off", "cut-off", "never closed"))

    @EVERY
    def test_the_earlier_delivery_stays_in_force(self, sample: Sample, cut: Told) -> None:
        assert cut.totals(sample)[0] == sample.raw_total(sample.whole()) + sample.credits

    def test_the_run_is_partial_and_names_each(self, cut: Told) -> None:
        assert cut.result.status == "partial"
        scopes = " ".join(gap["scope"] for gap in cut.result.summary["gaps"])
        assert [sample.name for sample in SAMPLES if sample.name not in scopes] == []
        assert cut.differences() == {0}


@pytest.fixture(scope="module")
def in_folders(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Each bill lies as AWS and query engines lay files out: in folders called key=value."""
    bills = AllFormats(tmp_path_factory.mktemp("folders"))
    for sample in SAMPLES:
        folder = bills.place(sample) / "data" / "BILLING_PERIOD=2026-09" / "year=2026" / "month=9"
        nameless = {"": "x"} if sample.suffix == ".csv" else {}
        sample.write(sample.file(folder), [{**line, **nameless} for line in sample.whole()])
    return bills.run()


@EVERY
def test_folders_called_like_columns_and_columns_without_a_name_change_nothing(
    sample: Sample, in_folders: Told
) -> None:
    assert in_folders.files(sample) == ["loaded"]
    assert in_folders.totals(sample)[0] == sample.raw_total(sample.whole()) + sample.credits


@pytest.fixture(scope="module")
def emptied(again: Callable[[str], AllFormats]) -> Told:
    """Each bill is delivered again with no bytes in it: the extreme of a cut-off delivery."""
    bills = again("emptied")
    some = [BY_NAME[name] for name in ONE_OF_EACH]
    for sample in some:
        bills.bill(sample).write_bytes(b"")
    return bills.run()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_bill_that_became_a_file_of_no_bytes_leaves_the_earlier_delivery_in_force(
    name: str, emptied: Told
) -> None:
    sample = BY_NAME[name]
    assert emptied.totals(sample)[0] == sample.raw_total(sample.whole()) + sample.credits


def _flipped(path: Path, start: int, end: int, harm: Callable[[Path], bool]) -> None:
    """Flip one bit between two places of a file, the first that does this harm."""
    whole = path.read_bytes()
    for at in range(start, end):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        if harm(path):
            return
    raise AssertionError("no bit does it")


def test_packed_text_with_a_flipped_bit_is_refused_though_it_unpacks(tmp_path: Path) -> None:
    """Unpacking alone does not notice it, and one flipped bit may read as another amount."""
    sample = BY_NAME["cur-gzip"]
    lines = [line for n in range(300) for line in sample.lines(COSTS, [f"r-{n}-{m}" for m in range(7)])]
    bills = AllFormats(tmp_path).deliver(lambda _: lines, [sample])
    size = bills.bill(sample).stat().st_size

    def unpacks(path: Path) -> bool:
        try:
            text = zlib.decompressobj(wbits=-15).decompress(path.read_bytes()[10:])
        except zlib.error:
            return False
        return text.count(b"\n") == len(lines) + 1 and text.isascii()

    _flipped(bills.bill(sample), size // 2, size, unpacks)
    told = bills.run([sample])
    [(status, reason)] = told.files(sample, "(status, reason)")
    assert (status, "gzip data is damaged" in reason) == ("refused", True)


def test_parquet_of_which_only_the_tags_are_damaged_is_refused_and_the_run_goes_on(tmp_path: Path) -> None:
    """The sums of such a file can be read, and what makes its charges can't."""
    sample, other = BY_NAME["focus-parquet"], BY_NAME["focus-csv"]
    bills = AllFormats(tmp_path).deliver(lambda sample: sample.whole(), [sample, other])
    bills.run([sample, other])
    path = bills.bill(sample)
    sample.write(path, _corrected(sample))
    columns = pq.read_metadata(path).row_group(0)
    tags = [
        c for n in range(columns.num_columns) if (c := columns.column(n)).path_in_schema.startswith("Tags")
    ]

    def only_tags(path: Path) -> bool:
        with duckdb.connect() as con:
            try:
                con.execute(f"SELECT * EXCLUDE (Tags) FROM '{path}'").fetchall()
                con.execute(f"SELECT Tags FROM '{path}'").fetchall()
            except duckdb.Error as error:
                return "EXCLUDE" not in str(error)
        return False

    start = min(c.dictionary_page_offset or c.data_page_offset for c in tags)
    _flipped(path, start, start + sum(c.total_compressed_size for c in tags), only_tags)
    told = bills.run([sample, other])
    assert told.result.status == "partial"
    assert told.totals(sample)[0] == sample.raw_total(sample.whole())
    assert told.differences() == {0}


def test_a_line_of_json_that_is_none_costs_that_line_alone(tmp_path: Path) -> None:
    sample = BY_NAME["google-detailed-jsonl"]
    bills = AllFormats(tmp_path).deliver(lambda sample: sample.whole(), [sample])
    path = bills.bill(sample)
    lines = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([*lines[:2], lines[2][:40], '["a list"]', *lines[3:]]) + "\n", "utf-8")
    told = bills.run([sample])
    assert told.files(sample, "(status, source_rows, quarantined_rows)") == [("loaded", len(lines) + 1, 2)]
    assert told.rows("SELECT row_number FROM quarantine ORDER BY 1") == [(3,), (4,)]
    kept = [line for n, line in enumerate(sample.whole()) if n != 2]
    assert told.totals(sample)[0] == sample.raw_total(kept) + sample.credits


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Text bills in other encodings than UTF-8."""
    bills = AllFormats(tmp_path_factory.mktemp("encoded"))
    for sample in TEXT:
        lines = [{**line, sample.resource.partition(".")[0]: "Zürich"} for line in sample.lines()]
        for encoding in ("utf-16", "latin-1"):
            path = bills.bill(sample, encoding)
            sample.write(path, copy.deepcopy(lines))
            text = path.read_text("utf-8").replace("Z\\u00fcrich", "Zürich")
            path.write_bytes((text if "ü" in text else text + "ü").encode(encoding))
    yield bills.run(TEXT)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
@pytest.mark.parametrize("sample", TEXT, ids=lambda sample: sample.name)
def test_text_that_is_not_utf_8_is_refused_with_a_sentence(
    sample: Sample, encoding: str, encoded: Told
) -> None:
    query = "SELECT status, reason FROM source_files WHERE source = ? AND path LIKE ?"
    [(status, reason)] = encoded.rows(query, sample.name, f"%{encoding}%")
    assert status == "refused"
    assert ("UTF-16" if encoding == "utf-16" else "not UTF-8") in reason
    assert "as UTF-8" in reason and reason.endswith(".")


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """The summary of an audit over a folder in which each bill's name says nothing."""
    folder = tmp_path_factory.mktemp("renamed")
    (folder / "registry.yaml").write_text(REGISTRY, "utf-8")
    (folder / "bills").mkdir()
    for sample in SAMPLES:
        written = sample.file(folder)
        sample.write(written, sample.whole())
        written.rename(folder / "bills" / f"{sample.name}.x.dat")
    return audit(str(folder / "bills"), registry=folder / "registry.yaml", now=NOW).summary


@EVERY
def test_an_audit_recognizes_it_by_content_whatever_its_name(
    sample: Sample, renamed: Mapping[str, Any]
) -> None:
    [book] = [row for row in renamed["closing"] if row["billing_account_id"] == sample.name]
    assert Decimal(book["source_raw"]) == sample.raw_total(sample.whole())
    assert book["source_raw_column"] == sample.raw_column
    assert (book["difference_billed"], book["difference_effective"]) == ("0", "0")


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_an_audit_of_one_file_needs_only_the_file_and_a_registry(name: str, tmp_path: Path) -> None:
    sample = BY_NAME[name]
    (tmp_path / "registry.yaml").write_text(REGISTRY, "utf-8")
    written = sample.file(tmp_path)
    sample.write(written, sample.whole())
    written = written.rename(tmp_path / "x.dat")
    result = audit(str(written), registry=tmp_path / "registry.yaml", now=NOW)
    assert result.status == "ok"
    [book] = result.summary["closing"]
    assert Decimal(book["source_billed"]) == sample.raw_total(sample.whole()) + sample.credits
