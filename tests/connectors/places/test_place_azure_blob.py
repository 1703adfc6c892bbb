"""Azure Blob over a real connection: Azurite behind a proxy that breaks what it is told to."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.places import Unreachable, list_files
from connectors.places.azure_address import azure_address
from connectors.places.azure_blob import _credential, _service
from recon.errors import InputError
from tests.connectors.places.conftest import Store
from tests.connectors.places.servers import Fault

BODY = bytes(range(256)) * 4096


def _put(azure: Store, *names: str, body: bytes = b"x") -> None:
    for name in names:
        azure.client.upload_blob(name, body, overwrite=True)


def _keys(location: str, spool: Path) -> list[str]:
    return [file.key for file in list_files(location, spool)]


def _failed(code: str, match: str, status: int, left: int = 99) -> Fault:
    return Fault(match, left, status, headers={"x-ms-error-code": code})


def test_a_container_is_listed_whole_page_after_page(
    azure: Store, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.azure_blob.PAGE", 2)
    _put(azure, *(f"focus/{n}.csv" for n in range(5)), "other/6.csv")
    assert _keys("az://bills/focus/", spool) == [f"{n}.csv" for n in range(5)]
    assert len([seen for seen in azure.proxy.seen if "marker=" in seen.path]) == 2


def test_a_blob_has_name_key_size_and_identity(azure: Store, spool: Path) -> None:
    _put(azure, "focus/2026/a.csv", body=b"abc")
    (file,) = list_files("az://bills/focus", spool)
    assert (file.name, file.key, file.size) == (f"{azure.url}/focus/2026/a.csv", "2026/a.csv", 3)
    assert file.identity.startswith("etag:0x") and file.mtime_ns > 1_700_000_000 * 10**9


def test_a_glob_keeps_what_it_names(azure: Store, spool: Path) -> None:
    _put(azure, "focus/x/1.parquet", "focus/2.parquet", "focus/3.csv", "focused/4.parquet")
    assert _keys("az://bills/focus/**/*.parquet", spool) == ["2.parquet", "x/1.parquet"]


def test_folders_of_a_hierarchical_namespace_are_no_files(azure: Store, spool: Path) -> None:
    azure.client.upload_blob("focus", b"", metadata={"hdi_isfolder": "true"})
    azure.client.upload_blob("focus/2026", b"", metadata={"hdi_isfolder": "true"})
    _put(azure, "focus/2026/a.csv")
    assert _keys("az://bills/focus", spool) == ["2026/a.csv"]


@pytest.mark.parametrize("name", ["a b+c%20.csv", "größe/日本.csv", "q?a=b&c#d.csv"])
def test_a_hostile_name_is_read_and_never_becomes_a_path(azure: Store, spool: Path, name: str) -> None:
    _put(azure, f"focus/{name}", body=name.encode())
    (file,) = list_files("az://bills/focus/", spool)
    path = file.fetch()
    assert (file.key, path.read_bytes(), path.parent) == (name, name.encode(), spool)


def test_an_unchanged_blob_is_downloaded_once(azure: Store, spool: Path) -> None:
    _put(azure, "a.parquet", body=BODY)
    paths = {list_files("az://bills/", spool)[0].fetch() for _ in range(3)}
    assert [path.read_bytes() == BODY for path in paths] == [True]
    assert len([s for s in azure.proxy.seen if s.path.startswith("/devstoreaccount1/bills/a.parquet")]) == 1


def test_a_big_blob_is_read_in_pieces(azure: Store, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.azure_blob._PIECE", 1 << 18)
    _put(azure, "a.parquet", body=BODY)
    assert list_files("az://bills/", spool)[0].fetch().read_bytes() == BODY
    assert len([s for s in azure.proxy.seen if "/a.parquet" in s.path]) == 4


def test_a_compressed_blob_stays_compressed(azure: Store, spool: Path) -> None:
    import gzip

    from azure.storage.blob import ContentSettings

    body = gzip.compress(b"a,b\n1,2\n")
    azure.client.upload_blob("a.csv.gz", body, content_settings=ContentSettings(content_encoding="gzip"))
    assert list_files("az://bills/", spool)[0].fetch().read_bytes() == body


def test_a_blob_that_changed_since_it_was_listed_is_read_as_it_is_now(azure: Store, spool: Path) -> None:
    _put(azure, "a.csv", body=b"old")
    (listed,) = list_files("az://bills/", spool)
    _put(azure, "a.csv", body=b"newer")
    fetched = listed.fetch()
    (now,) = list_files("az://bills/", spool)
    assert (fetched.read_bytes(), now.fetch(), now.identity == listed.identity) == (b"newer", fetched, False)


def test_a_blob_that_changes_all_the_time_is_a_gap(azure: Store, spool: Path) -> None:
    _put(azure, "a.csv")
    azure.proxy.faults.append(_failed("ConditionNotMet", "GET /devstoreaccount1/bills/a.csv", 412))
    with pytest.raises(Unreachable, match="changed twice"):
        list_files("az://bills/", spool)[0].fetch()


def test_a_blob_that_went_since_it_was_listed_is_a_gap(azure: Store, spool: Path) -> None:
    _put(azure, "a.csv")
    (file,) = list_files("az://bills/", spool)
    azure.client.delete_blob("a.csv")
    with pytest.raises(Unreachable) as caught:
        file.fetch()
    assert caught.value.kind == "missing"


def test_a_broken_download_is_taken_up_again(azure: Store, spool: Path) -> None:
    _put(azure, "a.parquet", body=BODY)
    azure.proxy.faults.append(Fault("/bills/a.parquet", 1, cut=300_000))
    assert list_files("az://bills/", spool)[0].fetch().read_bytes() == BODY


def test_a_connection_that_always_breaks_is_a_gap_and_leaves_nothing_behind(
    azure: Store, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.bucket.TRIES", 1)
    _put(azure, "a.parquet", body=BODY)
    azure.proxy.faults.append(Fault("/bills/a.parquet", 99, cut=1000))
    with pytest.raises(Unreachable, match="the connection broke"):
        list_files("az://bills/", spool)[0].fetch()
    assert list(spool.iterdir()) == []


def test_a_denied_container_names_the_role(azure: Store, spool: Path) -> None:
    azure.proxy.faults.append(_failed("AuthorizationPermissionMismatch", "comp=list", 403))
    with pytest.raises(Unreachable) as caught:
        list_files("az://bills/", spool)
    assert (caught.value.kind, caught.value.permission) == ("denied", "Storage Blob Data Reader")
    assert "access denied (AuthorizationPermissionMismatch)" in str(caught.value)


def test_a_missing_container_is_a_gap(azure: Store, spool: Path) -> None:
    with pytest.raises(Unreachable, match="ContainerNotFound") as caught:
        list_files("az://no-such-bills/", spool)
    assert caught.value.kind == "missing"


def test_throttling_is_waited_out(azure: Store, spool: Path) -> None:
    _put(azure, "a.csv")
    azure.proxy.faults.append(_failed("ServerBusy", "comp=list", 503, left=1))
    assert _keys("az://bills/", spool) == ["a.csv"]


def test_throttling_to_the_end_is_a_gap(azure: Store, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.azure_blob._RETRIES", 1)
    azure.proxy.faults.append(_failed("ServerBusy", "comp=list", 503))
    with pytest.raises(Unreachable, match="throttled to the end") as caught:
        list_files("az://bills/", spool)
    assert (caught.value.kind, len(azure.proxy.seen)) == ("throttled", 2)


def test_a_sas_is_shown_in_no_name_and_no_message(
    azure: Store, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.places.azure_blob._RETRIES", 0)
    endpoint = "BlobEndpoint=http://127.0.0.1:9/devstoreaccount1"
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", f"{endpoint};SharedAccessSignature=sv=2024&sig=TOPSECRET"
    )
    with pytest.raises(Unreachable, match="no connection") as caught:
        list_files("az://bills/", spool)
    assert caught.value.what == "az://127.0.0.1:9/devstoreaccount1/bills"
    assert "TOPSECRET" not in repr(caught.value) + str(caught.value)


def test_a_malformed_connection_string_is_said_without_its_text(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "TOPSECRET")
    with pytest.raises(InputError, match="AZURE_STORAGE_CONNECTION_STRING is malformed") as caught:
        list_files("az://bills/", spool)
    assert "TOPSECRET" not in str(caught.value)


def test_a_container_without_account_is_the_users_mistake(spool: Path) -> None:
    with pytest.raises(InputError, match=r"az://ACCOUNT\.blob\.core\.windows\.net/bills/"):
        list_files("az://bills/", spool)


def test_a_connection_string_is_used_for_its_own_account_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=mine;AccountKey=a2V5")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "other")
    monkeypatch.setenv("AZURE_STORAGE_KEY", "b3RoZXI=")
    used = {
        name: getattr(
            _service(azure_address(f"az://{name}.blob.core.windows.net/bills")).credential, "account_key", ""
        )
        for name in ("mine", "other")
    }
    assert used["mine"] == "a2V5" and used["other"] != "a2V5"


@pytest.mark.parametrize(("account", "kind"), [("mine", "AzureNamedKeyCredential"), ("other", "Default")])
def test_a_key_is_used_for_its_own_account_only(
    account: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_STORAGE_KEY", "a2V5")
    assert type(_credential("mine.blob.core.windows.net", account)).__name__.startswith(kind)
