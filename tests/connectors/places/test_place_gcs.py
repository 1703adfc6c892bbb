"""Google Cloud Storage over a real connection: gcp-storage-emulator behind a proxy that breaks things."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.places import Unreachable, list_files
from connectors.places.gcs import _RETRY
from tests.connectors.places.conftest import Store
from tests.connectors.places.servers import Fault

BODY = bytes(range(256)) * 4096
_JSON = {"Content-Type": "application/json"}


def _put(gcs: Store, *names: str, body: bytes = b"x") -> None:
    for name in names:
        gcs.client.blob(name).upload_from_string(body)


def _keys(location: str, spool: Path) -> list[str]:
    return [file.key for file in list_files(location, spool)]


def _answer(match: str, status: int, body: object, left: int = 1) -> Fault:
    return Fault(match, left, status, json.dumps(body).encode(), _JSON)


def _error(status: int, message: str) -> object:
    return {"error": {"code": status, "message": message, "errors": []}}


def _item(name: str) -> dict[str, str]:
    return {"name": name, "size": "1", "generation": "7", "updated": "2026-11-01T00:00:00.000Z"}


def test_a_folder_is_listed_by_its_prefix(gcs: Store, spool: Path) -> None:
    _put(gcs, "focus/1.csv", "focus/x/2.csv", "other/3.csv", "focused/4.csv")
    assert _keys("gs://bills/focus", spool) == _keys("gs://bills/focus/", spool) == ["1.csv", "x/2.csv"]


def test_listing_ends_with_the_token_not_with_an_empty_page(gcs: Store, spool: Path) -> None:
    gcs.proxy.faults += [
        _answer("/o?", 200, {"items": [_item("focus/a.csv")], "nextPageToken": "t1"}),
        _answer("pageToken=t1", 200, {"nextPageToken": "t2"}),
        _answer("pageToken=t2", 200, {"items": [_item("focus/b.csv")]}),
    ]
    assert _keys("gs://bills/focus/", spool) == ["a.csv", "b.csv"]
    assert ["maxResults=1000" in seen.path for seen in gcs.proxy.seen] == [True] * 3


def test_nothing_is_asked_of_the_bucket_but_its_list_and_its_objects(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    list_files("gs://bills/", spool)[0].fetch()
    assert [seen.path.partition("?")[0] for seen in gcs.proxy.seen] == [
        "/storage/v1/b/bills/o",
        "/download/storage/v1/b/bills/o/a.csv",
    ]


def test_an_object_has_name_key_size_and_identity(gcs: Store, spool: Path) -> None:
    _put(gcs, "focus/2026/a.csv", body=b"abc")
    (file,) = list_files("gs://bills/focus", spool)
    assert (file.name, file.key, file.size) == ("gs://bills/focus/2026/a.csv", "2026/a.csv", 3)
    assert file.identity.startswith("generation:") and file.mtime_ns > 1_700_000_000 * 10**9


def test_a_glob_keeps_what_it_names(gcs: Store, spool: Path) -> None:
    _put(gcs, "focus/x/1.parquet", "focus/2.parquet", "focus/3.csv")
    assert _keys("gs://bills/focus/**/*.parquet", spool) == ["2.parquet", "x/1.parquet"]


@pytest.mark.parametrize("name", ["a b+c.csv", "größe/日本.csv", "q?a=b&c#d.csv"])
def test_a_hostile_name_is_read_and_never_becomes_a_path(gcs: Store, spool: Path, name: str) -> None:
    _put(gcs, f"focus/{name}", body=name.encode())
    (file,) = list_files("gs://bills/focus/", spool)
    path = file.fetch()
    assert (file.key, path.read_bytes(), path.parent) == (name, name.encode(), spool)


def test_a_name_that_climbs_out_of_folders_stays_in_the_spool(gcs: Store, spool: Path) -> None:
    # The emulator breaks on such names, so the listing and the body are ours.
    gcs.proxy.faults.append(_answer("/o?", 200, {"items": [_item("focus/../../up.csv")]}))
    gcs.proxy.faults.append(Fault("alt=media", 1, 200, b"x"))
    (file,) = list_files("gs://bills/focus/", spool)
    path = file.fetch()
    assert (file.key, path.parent, path.read_bytes()) == ("../../up.csv", spool, b"x")


def test_an_unchanged_object_is_downloaded_once(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.parquet", body=BODY)
    paths = {list_files("gs://bills/", spool)[0].fetch() for _ in range(3)}
    assert [path.read_bytes() == BODY for path in paths] == [True]
    assert len([seen for seen in gcs.proxy.seen if "alt=media" in seen.path]) == 1


def test_an_object_is_read_only_in_the_generation_that_was_listed(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    (file,) = list_files("gs://bills/", spool)
    file.fetch()
    generation = file.identity.partition(":")[2]
    assert f"ifGenerationMatch={generation}" in gcs.proxy.seen[-1].path


def test_an_object_that_changed_since_it_was_listed_is_read_as_it_is_now(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv", body=b"old")
    (listed,) = list_files("gs://bills/", spool)
    _put(gcs, "a.csv", body=b"newer")
    # The emulator knows no ifGenerationMatch on reads: this is what the real one answers.
    gcs.proxy.faults.append(_answer("alt=media", 412, _error(412, "conditionNotMet")))
    fetched = listed.fetch()
    (now,) = list_files("gs://bills/", spool)
    assert (fetched.read_bytes(), now.fetch(), now.identity == listed.identity) == (b"newer", fetched, False)


def test_an_object_that_changes_all_the_time_is_a_gap(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    gcs.proxy.faults.append(_answer("alt=media", 412, _error(412, "conditionNotMet"), left=9))
    with pytest.raises(Unreachable, match="changed twice"):
        list_files("gs://bills/", spool)[0].fetch()


def test_an_object_that_went_since_it_was_listed_is_a_gap(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    (file,) = list_files("gs://bills/", spool)
    gcs.client.blob("a.csv").delete()
    with pytest.raises(Unreachable) as caught:
        file.fetch()
    assert caught.value.kind == "missing"


def test_a_broken_download_is_taken_up_again(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.parquet", body=BODY)
    gcs.proxy.faults.append(Fault("alt=media", cut=300_000))
    assert list_files("gs://bills/", spool)[0].fetch().read_bytes() == BODY


def test_a_connection_that_always_breaks_is_a_gap_and_leaves_nothing_behind(
    gcs: Store, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.gcs._RETRY", _RETRY.with_timeout(0.1))
    _put(gcs, "a.parquet", body=BODY)
    gcs.proxy.faults.append(Fault("alt=media", 99, cut=1000))
    with pytest.raises(Unreachable, match="the connection broke 4 times"):
        list_files("gs://bills/", spool)[0].fetch()
    assert list(spool.iterdir()) == []


def test_a_denied_bucket_names_the_permission(gcs: Store, spool: Path) -> None:
    gcs.proxy.faults.append(_answer("/o?", 403, _error(403, "not you"), left=9))
    with pytest.raises(Unreachable) as caught:
        list_files("gs://bills/", spool)
    assert (caught.value.kind, caught.value.permission) == ("denied", "storage.objects.list")


def test_a_denied_object_names_the_permission(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    gcs.proxy.faults.append(_answer("alt=media", 403, _error(403, "not you"), left=9))
    with pytest.raises(Unreachable) as caught:
        list_files("gs://bills/", spool)[0].fetch()
    assert (caught.value.kind, caught.value.permission) == ("denied", "storage.objects.get")


def test_a_missing_bucket_is_a_gap(gcs: Store, spool: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        list_files("gs://no-such-bills/", spool)
    assert caught.value.kind == "missing"


def test_throttling_is_waited_out(gcs: Store, spool: Path) -> None:
    _put(gcs, "a.csv")
    gcs.proxy.faults.append(_answer("/o?", 429, _error(429, "slow down")))
    assert _keys("gs://bills/", spool) == ["a.csv"]


def test_throttling_to_the_end_is_a_gap(gcs: Store, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.gcs._RETRY", _RETRY.with_timeout(0.1))
    gcs.proxy.faults.append(_answer("/o?", 503, _error(503, "busy"), left=99))
    with pytest.raises(Unreachable, match="throttled to the end") as caught:
        list_files("gs://bills/", spool)
    assert caught.value.kind == "throttled"


def test_no_credentials_are_a_gap(spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    with pytest.raises(Unreachable, match="no credentials") as caught:
        list_files("gs://bills/", spool)
    assert caught.value.kind == "denied"
