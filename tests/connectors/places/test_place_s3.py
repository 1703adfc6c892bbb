"""S3 over a real connection: a moto server behind a proxy that breaks what it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.places import Unreachable, list_files
from recon.errors import InputError
from tests.connectors.places.conftest import Store
from tests.connectors.places.servers import Fault

BODY = bytes(range(256)) * 4096  # 1 MiB
_ERROR = '<?xml version="1.0"?><Error><Code>{}</Code><Message>{}</Message></Error>'


def _put(s3: Store, *keys: str, body: bytes = b"x") -> None:
    for key in keys:
        s3.client.put_object(Bucket="bills", Key=key, Body=body)


def _keys(location: str, spool: Path) -> list[str]:
    return [file.key for file in list_files(location, spool)]


def _error(code: str, message: str = "no") -> bytes:
    return _ERROR.format(code, message).encode()


def test_a_folder_is_listed_whole_page_after_page(
    s3: Store, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.s3.PAGE", 2)
    _put(s3, *(f"cur/{n}.csv" for n in range(5)), "other/6.csv")
    assert _keys("s3://bills/cur/", spool) == ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv"]
    assert len([seen for seen in s3.proxy.seen if "continuation-token" in seen.path]) == 2


def test_an_empty_page_with_a_token_is_not_the_end(s3: Store, spool: Path) -> None:
    page = (
        b'<?xml version="1.0"?><ListBucketResult><IsTruncated>true</IsTruncated>'
        b"<NextContinuationToken>next</NextContinuationToken></ListBucketResult>"
    )
    _put(s3, "cur/a.csv")
    s3.proxy.faults.append(Fault("list-type=2", status=200, body=page, headers={"Content-Type": "text/xml"}))
    s3.proxy.faults.append(Fault("continuation-token=next", status=200, body=_listing("cur/b.csv")))
    assert _keys("s3://bills/cur/", spool) == ["b.csv"]


def _listing(key: str) -> bytes:
    return (
        '<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated><Contents>'
        f"<Key>{key}</Key><LastModified>2026-11-01T00:00:00.000Z</LastModified><ETag>&quot;a&quot;</ETag>"
        "<Size>1</Size></Contents></ListBucketResult>"
    ).encode()


def test_a_file_has_name_key_size_time_and_identity(s3: Store, spool: Path) -> None:
    _put(s3, "cur/2026/a.csv", body=b"abc")
    (file,) = list_files("s3://bills/cur", spool)
    assert (file.name, file.key, file.size) == ("s3://bills/cur/2026/a.csv", "2026/a.csv", 3)
    assert file.mtime_ns > 1_700_000_000 * 10**9
    assert file.identity.startswith("etag:900150983cd24fb0d6963f7d28e17f72;modified:")


def test_an_object_called_like_a_pattern_is_meant_before_the_pattern(s3: Store, spool: Path) -> None:
    _put(s3, "cur/b[1].csv", "cur/b1.csv")
    assert _keys("s3://bills/cur/b[1].csv", spool) == ["b[1].csv"]


def test_a_glob_keeps_what_it_names(s3: Store, spool: Path) -> None:
    _put(s3, "cur/x/1.parquet", "cur/2.parquet", "cur/x/.hid/3.parquet", "cur/x/4.csv", "curly/5.parquet")
    assert _keys("s3://bills/cur/**/*.parquet", spool) == ["2.parquet", "x/1.parquet"]


def test_a_location_without_closing_slash_is_one_object_or_a_folder_never_a_prefix(
    s3: Store, spool: Path
) -> None:
    _put(s3, "cur/a.csv", "cur-old/b.csv", "one.csv", "one.csv.bak")
    assert _keys("s3://bills/cur", spool) == ["a.csv"]
    assert _keys("s3://bills/one.csv", spool) == ["one.csv"]


def test_a_whole_bucket_is_a_location(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv", "b/c.csv")
    assert _keys("s3://bills", spool) == _keys("s3://bills/", spool) == ["a.csv", "b/c.csv"]


def test_folder_markers_and_hidden_parts_are_no_files(s3: Store, spool: Path) -> None:
    _put(s3, "cur/", "cur/.tmp/a.csv", "cur/.b.csv", "cur/c.csv")
    assert _keys("s3://bills/cur/", spool) == ["c.csv"]


@pytest.mark.parametrize(
    "key", ["a b+c%20.csv", "größe/日本.csv", "../../up.csv", "a//b.csv", "x\u202ey.csv", "q?a=b&c#d.csv"]
)
def test_a_hostile_key_is_read_and_never_becomes_a_path(s3: Store, spool: Path, key: str) -> None:
    _put(s3, f"cur/{key}", body=key.encode())
    (file,) = list_files("s3://bills/cur/", spool)
    path = file.fetch()
    assert (file.key, path.read_bytes(), path.parent) == (key, key.encode(), spool)


def test_a_file_is_downloaded_once_for_one_identity(s3: Store, spool: Path) -> None:
    _put(s3, "cur/a.csv", body=BODY)
    paths = [list_files("s3://bills/cur/", spool)[0].fetch() for _ in range(3)]
    assert paths[0].read_bytes() == BODY and len(set(paths)) == 1
    assert len([seen for seen in s3.proxy.seen if seen.path == "/bills/cur/a.csv"]) == 1


def test_an_empty_object_is_an_empty_file(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv", body=b"")
    assert list_files("s3://bills/", spool)[0].fetch().read_bytes() == b""


def test_copies_are_private(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    path = list_files("s3://bills/", spool)[0].fetch()
    assert (path.stat().st_mode & 0o777, spool.stat().st_mode & 0o777) == (0o600, 0o700)


def test_the_same_bytes_have_the_same_identity_and_others_another(s3: Store, spool: Path) -> None:
    def identity() -> str:
        return list_files("s3://bills/", spool)[0].identity

    _put(s3, "a.csv", body=b"1")
    first = identity()
    assert identity() == first
    _put(s3, "a.csv", body=b"2")
    assert identity() != first


def test_an_object_that_changed_since_it_was_listed_is_read_as_it_is_now(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv", body=b"old")
    (listed,) = list_files("s3://bills/", spool)
    _put(s3, "a.csv", body=b"newer")
    fetched = listed.fetch()
    (now,) = list_files("s3://bills/", spool)
    assert (fetched.read_bytes(), now.fetch()) == (b"newer", fetched)


def test_an_object_that_changes_all_the_time_is_a_gap(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    s3.proxy.faults.append(Fault("GET /bills/a.csv", 9, 412, _error("PreconditionFailed")))
    with pytest.raises(Unreachable, match="changed twice while it was read"):
        list_files("s3://bills/", spool)[0].fetch()


def test_an_object_that_went_since_it_was_listed_is_a_gap(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    (file,) = list_files("s3://bills/", spool)
    s3.client.delete_object(Bucket="bills", Key="a.csv")
    with pytest.raises(Unreachable) as caught:
        file.fetch()
    assert (caught.value.kind, caught.value.what) == ("missing", "s3://bills/a.csv")


def test_a_broken_download_goes_on_where_it_broke_and_only_with_the_same_object(
    s3: Store, spool: Path
) -> None:
    _put(s3, "a.parquet", body=BODY)
    s3.proxy.faults.append(Fault("GET /bills/a.parquet", cut=400_000))
    assert list_files("s3://bills/", spool)[0].fetch().read_bytes() == BODY
    first, second = (seen.headers for seen in s3.proxy.seen if seen.path == "/bills/a.parquet")
    assert "Range" not in first and second["Range"] == "bytes=400000-"
    assert first["If-Match"] == second["If-Match"]


def test_a_connection_that_always_breaks_is_a_gap_and_leaves_nothing_behind(s3: Store, spool: Path) -> None:
    _put(s3, "a.parquet", body=BODY)
    s3.proxy.faults.append(Fault("GET /bills/a.parquet", 99, cut=1000))
    with pytest.raises(Unreachable, match="the connection broke 4 times, after 4000 of 1048576 bytes"):
        list_files("s3://bills/", spool)[0].fetch()
    assert list(spool.iterdir()) == []


def test_a_denied_listing_names_the_permission(s3: Store, spool: Path) -> None:
    s3.proxy.faults.append(Fault("list-type=2", 9, 403, _error("AccessDenied", "not you")))
    with pytest.raises(Unreachable) as caught:
        list_files("s3://bills/cur/", spool)
    assert (caught.value.kind, caught.value.permission) == ("denied", "s3:ListBucket")
    assert str(caught.value) == "s3://bills: access denied (AccessDenied: not you). It needs s3:ListBucket."


def test_a_denied_object_names_the_permission(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    s3.proxy.faults.append(Fault("GET /bills/a.csv", 9, 403, _error("AccessDenied")))
    with pytest.raises(Unreachable) as caught:
        list_files("s3://bills/", spool)[0].fetch()
    assert caught.value.kind == "denied" and str(caught.value.permission).startswith("s3:GetObject")


def test_a_missing_bucket_is_a_gap(s3: Store, spool: Path) -> None:
    with pytest.raises(Unreachable, match="NoSuchBucket") as caught:
        list_files("s3://no-such-bills/", spool)
    assert caught.value.kind == "missing"


def test_an_empty_folder_is_an_empty_list(s3: Store, spool: Path) -> None:
    assert list_files("s3://bills/nothing/here/", spool) == []


def test_throttling_is_waited_out(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    s3.proxy.faults.append(Fault("list-type=2", 2, 503, _error("SlowDown")))
    assert _keys("s3://bills/", spool) == ["a.csv"]


def test_throttling_to_the_end_is_a_gap(s3: Store, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.s3._ATTEMPTS", 2)
    s3.proxy.faults.append(Fault("list-type=2", 99, 503, _error("SlowDown")))
    with pytest.raises(Unreachable) as caught:
        list_files("s3://bills/", spool)
    assert (caught.value.kind, len(s3.proxy.seen)) == ("throttled", 2)


def test_no_credentials_are_a_gap(s3: Store, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(Unreachable, match="Unable to locate credentials") as caught:
        list_files("s3://bills/", spool)
    assert caught.value.kind == "denied"


def test_a_store_that_is_not_there_is_a_gap(spool: Path, s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.s3._ATTEMPTS", 1)
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Unreachable, match="no connection"):
        list_files("s3://bills/", spool)


def test_a_name_that_is_no_bucket_is_the_users_mistake(spool: Path) -> None:
    with pytest.raises(InputError, match="names no bucket"):
        list_files("s3:///cur/", spool)


def test_a_full_disk_is_a_gap(s3: Store, spool: Path) -> None:
    _put(s3, "a.csv")
    spool.write_text("a file stands where the folder should be", "utf-8")
    with pytest.raises(Unreachable, match="can't be written to the spool"):
        list_files("s3://bills/", spool)[0].fetch()
