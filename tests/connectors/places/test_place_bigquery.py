"""BigQuery over a real connection: its REST interface on this machine, whose queries really run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.places import Located, Unreachable, estimate, list_files
from connectors.places.bigquery_query import _RETRY
from recon.errors import InputError
from tests.connectors.places.warehouse import TABLE, Refusal, Warehouse

URL = f"bigquery://{TABLE}"
NOW = datetime(2025, 4, 10, 6, tzinfo=UTC)


@pytest.fixture
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Warehouse]:
    fake = Warehouse()
    monkeypatch.setenv("BIGQUERY_EMULATOR_HOST", fake.url)
    yield fake
    fake.close()


def _look(spool: Path, known: dict[str, str] | None = None, query: str = "") -> list[Located]:
    return list_files(URL + query, spool, known=known, now=NOW)


def _known(files: list[Located]) -> dict[str, str]:
    return {file.name: file.identity for file in files}


def _costs(file: Located) -> list[float]:
    return sorted(pq.read_table(file.fetch())["cost"].to_pylist())


def _bounds(warehouse: Warehouse) -> list[str]:
    """The first partition of every look that ran."""
    found = [query["query"]["queryParameters"][0] for query in warehouse.queries]
    return [p["parameterValue"]["value"][:10] for p in found if p["name"] == "floor"]


def test_each_invoice_month_is_a_file(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-02", "202503")
    warehouse.add("2025-04-02", "202503", exported="2025-04-02T03:04:05.000006")
    warehouse.add("2025-04-02", "202504")
    march, april = _look(spool)
    assert (march.name, march.key, april.key) == (f"{URL}/202503", "202503", "202504")
    assert march.identity == "rows:2;export_time:2025-04-02T03:04:05.000006Z"
    assert march.mtime_ns == 1_743_563_045_000_006_000


def test_a_month_holds_its_rows_from_whatever_partition_and_no_others(
    warehouse: Warehouse, spool: Path
) -> None:
    warehouse.add("2025-02-28", "202503", 1)
    warehouse.add("2025-03-15", "202503", 2)
    warehouse.add("2025-04-08", "202503", 4)
    warehouse.add("2025-03-31", "202504", 8)
    march, april = _look(spool)
    assert (_costs(march), _costs(april)) == ([1, 2, 4], [8])


@pytest.mark.parametrize("cost", [0.1, 1e-17, 123456789.12345679, -2.2250738585072014e-308])
def test_a_double_reaches_the_file_bit_for_bit(warehouse: Warehouse, spool: Path, cost: float) -> None:
    warehouse.add("2025-03-15", "202503", cost)
    assert _costs(_look(spool)[0]) == [cost]


def test_nested_fields_stay_nested(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503", team="größe")
    row = pq.read_table(_look(spool)[0].fetch()).to_pylist()[0]
    assert row["labels"] == [{"key": "team", "value": "größe"}]
    assert row["credits"] == [{"name": "free", "amount": -0.1}]
    assert (row["invoice"], row["service"]["id"]) == ({"month": "202503"}, "6F81")


def test_a_month_is_read_page_after_page_also_past_an_empty_one(
    warehouse: Warehouse, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.bigquery_query.PAGE", 2)
    for cost in range(5):
        warehouse.add("2025-03-15", "202503", cost)
    file = _look(spool)[0]
    assert _costs(file) == [0, 1, 2, 3, 4]
    assert len([line for line in warehouse.lines if "pageToken=" in line]) == 3
    assert pq.ParquetFile(file.fetch()).num_row_groups > 1


def test_a_row_without_invoice_month_is_not_lost(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", None, 7)
    (file,) = _look(spool)
    assert (file.key, _costs(file)) == ("undated", [7])


def test_an_unchanged_month_costs_nothing_more(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503")
    files = _look(spool)
    path = files[0].fetch()
    ran = len(warehouse.queries)
    assert _look(spool, _known(files))[0].fetch() == path
    assert len(warehouse.queries) == ran + 1


def test_a_later_look_reads_only_the_partitions_of_its_look_back(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2024-06-15", "202406")
    warehouse.add("2025-03-15", "202503")
    known = _known(_look(spool))
    assert _known(_look(spool, known, "?lookback_days=10")) == known
    assert _bounds(warehouse) == ["1970-01-01", "2025-02-01"]


def test_identities_stay_while_the_look_back_moves_on(warehouse: Warehouse, spool: Path) -> None:
    for day in range(1, 29):
        warehouse.add(f"2025-03-{day:02}", "202503")
    known = _known(_look(spool))
    for today in (datetime(2025, 4, day, tzinfo=UTC) for day in (1, 10, 20, 30)):
        assert _known(list_files(f"{URL}?lookback_days=10", spool, known=known, now=today)) == known


def test_late_rows_change_the_identity_of_their_month_only(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503", 1)
    warehouse.add("2025-04-02", "202504", 2)
    before = _look(spool)
    warehouse.add("2025-04-09", "202503", 4)
    after = _look(spool, _known(before))
    assert [a.identity == b.identity for a, b in zip(before, after, strict=True)] == [False, True]
    assert _costs(after[0]) == [1, 4]


def test_a_correction_of_a_month_long_past_is_seen_and_the_month_read_whole(
    warehouse: Warehouse, spool: Path
) -> None:
    warehouse.add("2024-06-15", "202406", 1)
    warehouse.add("2025-04-02", "202504", 2)
    known = _known(_look(spool))
    warehouse.add("2025-04-09", "202406", 4)
    old = _look(spool, known, "?lookback_days=10")[0]
    assert (old.identity.split(";")[0], _costs(old)) == ("rows:2", [1, 4])


def test_a_known_month_outside_of_the_look_back_can_still_be_read(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2024-06-15", "202406", 3)
    warehouse.add("2025-04-02", "202504")
    known = _known(_look(spool))
    assert _costs(_look(spool, known, "?lookback_days=10")[0]) == [3]


def test_a_month_that_went_from_the_table_is_listed_no_longer(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503")
    warehouse.add("2025-04-02", "202504")
    known = _known(_look(spool))
    warehouse.forget("202504")
    assert [file.key for file in _look(spool, known)] == ["202503"]


def test_rows_that_arrive_after_the_look_wait_for_the_next(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-04-02", "202504", 1)
    (april,) = _look(spool)
    warehouse.add("2025-04-09", "202504", 2)
    assert _costs(april) == [1]
    assert _costs(_look(spool)[0]) == [1, 2]


def test_a_month_that_changed_since_it_was_listed_is_read_as_it_is_now(
    warehouse: Warehouse, spool: Path
) -> None:
    warehouse.add("2025-04-02", "202504", 1)
    (april,) = _look(spool)
    warehouse.add("2025-04-02", "202504", 2, exported="2025-04-02T01:00:00")
    assert _costs(april) == [1, 2]
    assert _look(spool)[0].fetch() == april.fetch()


def test_every_query_is_capped_and_every_value_a_parameter(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503")
    _look(spool, query="?max_gb=0.5")[0].fetch()
    assert [query["query"]["maximumBytesBilled"] for query in warehouse.queries] == ["500000000"] * 2
    names = {p["name"] for p in warehouse.queries[1]["query"]["queryParameters"]}
    assert names == {"month", "first", "last", "exported"}


def test_our_queries_are_labelled_for_the_bill(warehouse: Warehouse, spool: Path) -> None:
    _look(spool)
    assert warehouse.queries[0]["labels"] == {"application": "tagrecon"}


def test_each_query_is_estimated_first_and_told(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503")
    said: list[str] = []
    list_files(URL, spool, tell=said.append, now=NOW)[0].fetch()
    assert said == [
        f"{URL}: looking for changed invoice months reads 0.12 GB (at most 50.00 GB)",
        f"{URL}: invoice month 202503 reads 0.12 GB (at most 50.00 GB)",
    ]
    assert len(warehouse.dry) == 2


def test_a_query_over_the_cap_is_never_run(warehouse: Warehouse, spool: Path) -> None:
    warehouse.bytes_processed = 60 * 10**9
    with pytest.raises(Unreachable, match=r"60\.00 GB \(60000000000 bytes\), over .* max_gb=") as caught:
        _look(spool)
    assert (caught.value.kind, warehouse.queries) == ("too-large", [])


def test_a_cap_that_bigquery_itself_applies_is_named(warehouse: Warehouse, spool: Path) -> None:
    warehouse.refusals.append(Refusal("POST", 400, "bytesBilledLimitExceeded", 0))
    warehouse.bytes_processed = 10**9
    with pytest.raises(Unreachable, match="max_gb="):
        _look(spool, query="?max_gb=0.5")


def test_an_estimate_is_a_dry_run_of_looking_and_reading(warehouse: Warehouse) -> None:
    assert estimate(URL, now=NOW) == 246_000_000
    assert (len(warehouse.dry), warehouse.queries) == (2, [])


@pytest.mark.parametrize(("status", "reason"), [(503, "backendError"), (403, "rateLimitExceeded")])
def test_a_passing_refusal_is_waited_out(warehouse: Warehouse, spool: Path, status: int, reason: str) -> None:
    warehouse.add("2025-03-15", "202503")
    warehouse.refusals.append(Refusal("POST", status, reason))
    assert [file.key for file in _look(spool)] == ["202503"]


def test_throttling_to_the_end_is_a_gap(
    warehouse: Warehouse, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.bigquery_query._RETRY", _RETRY.with_timeout(0.1))
    warehouse.refusals.append(Refusal("POST", 403, "rateLimitExceeded", 99))
    with pytest.raises(Unreachable, match="throttled to the end") as caught:
        _look(spool)
    assert caught.value.kind == "throttled"


def test_denied_names_both_permissions(warehouse: Warehouse, spool: Path) -> None:
    warehouse.refusals.append(Refusal("POST", 403, "accessDenied", 99))
    with pytest.raises(Unreachable) as caught:
        _look(spool, query="?job_project=finops-jobs")
    assert caught.value.permission == (
        f"bigquery.jobs.create on finops-jobs and bigquery.tables.getData on {TABLE}"
    )
    assert (caught.value.kind, len(warehouse.lines)) == ("denied", 1)


def test_a_missing_table_is_a_gap(warehouse: Warehouse, spool: Path) -> None:
    warehouse.refusals.append(Refusal("POST", 404, "notFound", 99))
    with pytest.raises(Unreachable, match="does not exist") as caught:
        _look(spool)
    assert caught.value.kind == "missing"


def test_a_table_of_another_shape_is_a_gap_that_says_so(warehouse: Warehouse, spool: Path) -> None:
    unknown = "Unrecognized name: _PARTITIONTIME at [1:181]"
    warehouse.refusals.append(Refusal("POST", 400, "invalidQuery", 99, unknown))
    with pytest.raises(Unreachable, match="no standard or detailed billing export"):
        _look(spool)


def test_a_month_that_breaks_off_leaves_no_half_file(warehouse: Warehouse, spool: Path) -> None:
    warehouse.add("2025-03-15", "202503")
    (march,) = _look(spool)
    warehouse.refusals.append(Refusal("GET", 403, "accessDenied", 99))
    with pytest.raises(Unreachable):
        march.fetch()
    assert list(spool.iterdir()) == []


def test_the_payer_and_the_region_are_those_of_the_location(warehouse: Warehouse, spool: Path) -> None:
    _look(spool, query="?job_project=finops-jobs&location=EU")
    assert warehouse.lines[0].startswith("POST /bigquery/v2/projects/finops-jobs/jobs")


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("bigquery://p.d.t`; DROP TABLE x", "names no table"),
        ("bigquery://dataset.table", "names no table"),
        ("bigquery://p.d.t?max_gbs=5", "Did you mean max_gb"),
        ("bigquery://p.d.t?max_gb=-1", "above 0"),
        ("bigquery://p.d.t?max_gb=NaN", "above 0"),
        ("bigquery://p.d.t?lookback_days=1.5", "whole number"),
        ("bigquery://p.d.t?job_project=a/b", "job_project"),
    ],
)
def test_a_location_that_cannot_be_right_is_the_users_mistake(spool: Path, location: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        list_files(location, spool)


def test_a_project_of_a_domain_is_a_project(warehouse: Warehouse, spool: Path) -> None:
    with pytest.raises(Unreachable) as caught:  # the warehouse here has one table
        list_files("bigquery://example.com:pay.billing.export", spool)
    assert caught.value.what == "bigquery://example.com:pay.billing.export"
