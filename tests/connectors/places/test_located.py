"""What locations mean, whichever place they name; no server is needed here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from connectors.places import PERMISSIONS, Located, estimate, list_files, sweep
from connectors.places.azure_address import AzureAddress, azure_address
from connectors.places.pattern import wanted
from connectors.places.spool import copy_path, keep_copy
from recon.errors import InputError


def _files(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name, "utf-8")


def _keys(location: Path | str, spool: Path) -> list[str]:
    return [file.key for file in list_files(str(location), spool)]


def test_a_local_folder_is_searched_through_hidden_parts_aside(tmp_path: Path, spool: Path) -> None:
    _files(tmp_path, "in/b.csv", "in/x/a.csv", "in/.tmp/c.csv", "in/.d.csv")
    assert _keys(tmp_path / "in", spool) == ["b.csv", "x/a.csv"]


def test_a_local_file_is_itself(tmp_path: Path, spool: Path) -> None:
    _files(tmp_path, "in/b.csv")
    path = tmp_path / "in" / "b.csv"
    (file,) = list_files(str(path), spool)
    assert (file.name, file.key, file.size, file.identity) == (str(path), "b.csv", 8, "")
    assert (file.fetch(), file.mtime_ns, spool.exists()) == (path, path.stat().st_mtime_ns, False)


def test_a_local_glob_gives_keys_from_its_fixed_folder(tmp_path: Path, spool: Path) -> None:
    _files(tmp_path, "in/2026/a.parquet", "in/b.parquet", "in/c.csv")
    assert _keys(tmp_path / "in" / "**" / "*.parquet", spool) == ["2026/a.parquet", "b.parquet"]


def test_a_relative_glob_works(tmp_path: Path, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _files(tmp_path, "b.csv")
    monkeypatch.chdir(tmp_path)
    assert [(file.name, file.key) for file in list_files("*.csv", spool)] == [("b.csv", "b.csv")]


def test_nothing_there_is_an_empty_list(tmp_path: Path, spool: Path) -> None:
    assert _keys(tmp_path / "nowhere", spool) == _keys(tmp_path / "*.csv", spool) == []


def test_a_local_dangling_link_is_no_file(tmp_path: Path, spool: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").symlink_to(tmp_path / "gone")
    assert _keys(tmp_path / "in", spool) == []


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("a/*.csv", "a/b.csv", True),
        ("a/*.csv", "a/x/b.csv", False),
        ("a/**/*.csv", "a/b.csv", True),
        ("a/**/*.csv", "a/x/y/b.csv", True),
        ("a/**/*.csv", "a/.x/b.csv", False),
        ("a/**", "a/x/b.csv", True),
        ("a/**", "a/.b.csv", False),
        ("a/.b*", "a/.b.csv", True),
        ("a/*/b.csv", "a//b.csv", True),
        ("a/?.csv", "a/b.csv", True),
        ("a/[!b].csv", "a/b.csv", False),
        ("p=2026-*/data.csv", "p=2026-11/data.csv", True),
        ("a/B*.csv", "a/b.csv", False),
        ("a/", "a/../b.csv", True),
        ("a/", "a/", False),
        ("a", "ab/c.csv", False),
    ],
)
def test_a_glob_means_the_same_in_a_bucket_as_in_a_folder(pattern: str, key: str, fits: bool) -> None:
    assert wanted(pattern).fits(key) is fits


def test_a_glob_lists_no_more_than_its_fixed_beginning() -> None:
    assert wanted("cur/data/p=2026-*/x.csv").prefixes == ("cur/data/p=2026-",)


@pytest.mark.parametrize(
    ("location", "address"),
    [
        ("az://bills/a/b", AzureAddress("", "bills", "a/b")),
        ("az://mine.blob.core.windows.net/bills/a", AzureAddress("mine.blob.core.windows.net", "bills", "a")),
        ("https://mine.blob.core.windows.net/bills/a%20b/", AzureAddress("mine.blob.core.windows.net", "bills", "a b/")),
        ("abfss://bills@mine.dfs.core.windows.net/a", AzureAddress("mine.blob.core.windows.net", "bills", "a")),
        ("az://mine.z12.blob.storage.azure.net/bills", AzureAddress("mine.z12.blob.storage.azure.net", "bills", "")),
        ("az://$web/a", AzureAddress("", "$web", "a")),
    ],
)  # fmt: skip
def test_azure_is_written_in_four_ways(location: str, address: AzureAddress) -> None:
    assert azure_address(location) == address


@pytest.mark.parametrize(
    "location",
    [
        "https://mine.blob.core.windows.net.evil.example/bills/a",
        "https://evil.example/mine.blob.core.windows.net/bills",
        "https://localhost/bills",
        "abfss://bills/a",
        "az://127.0.0.1:10000/bills",
        "https://mine.blob.core.windows.net",
        "az://Not_A_Container/a",
    ],
)
def test_no_token_goes_to_a_host_that_is_not_azures(location: str, spool: Path) -> None:
    with pytest.raises(InputError, match="names no"):
        list_files(location, spool)


@pytest.mark.parametrize(
    "location",
    [
        "https://mine.blob.core.windows.net/bills?sv=2024-01-01&sig=TOPSECRET",
        "s3://AKIA123:TOPSECRET@bills/a",
        "https://bills.s3.amazonaws.com/a?X-Amz-Signature=TOPSECRET",
    ],
)
def test_a_credential_in_a_location_is_refused_and_not_repeated(location: str, spool: Path) -> None:
    with pytest.raises(InputError, match="holds a credential") as caught:
        list_files(location, spool)
    assert "TOPSECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("scheme", "meant"), [("gcs", "gs"), ("s3a", "s3"), ("bq", "bigquery"), ("wasbs", "az")]
)
def test_a_scheme_of_another_tool_is_answered_with_ours(scheme: str, meant: str, spool: Path) -> None:
    with pytest.raises(InputError, match=f"Did you mean {meant}://"):
        list_files(f"{scheme}://bills/a", spool)


@pytest.mark.parametrize("location", ["ftp://bills/a", "s3://", "file:///a"])
def test_a_location_of_no_kind_names_the_kinds(location: str, spool: Path) -> None:
    with pytest.raises(InputError, match="Allowed: a local path, s3://"):
        list_files(location, spool)


def test_a_library_that_is_not_installed_is_named_with_its_extra(
    spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "connectors.places.s3", raising=False)
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(InputError, match=r"pip install 'tagrecon\[aws\]'"):
        list_files("s3://bills/a", spool)


def test_local_files_need_no_cloud_library(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from connectors.places import list_files; "
        f"list_files({str(tmp_path)!r}, Path('spool')); "
        "print([m for m in sys.modules if m.partition('.')[0] in ('boto3', 'botocore', 'azure', 'google')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_only_bigquery_has_an_estimate(tmp_path: Path) -> None:
    assert estimate(str(tmp_path)) == 0


def test_every_place_names_its_permissions() -> None:
    assert {place for place, needed in PERMISSIONS.items() if needed} == {"s3", "az", "gs", "bigquery"}
    assert not [p.name for needed in PERMISSIONS.values() for p in needed if "write" in p.name.lower()]


def test_a_copy_that_fails_leaves_the_earlier_one_and_no_part(spool: Path) -> None:
    kept = keep_copy(spool, "s3://b/a", "etag:1", _whole)
    with pytest.raises(RuntimeError):
        keep_copy(spool, "s3://b/a", "etag:2", _half)
    assert list(spool.iterdir()) == [kept] and kept.read_bytes() == b"whole"


def _whole(out: BinaryIO) -> None:
    out.write(b"whole")


def _half(out: BinaryIO) -> None:
    out.write(b"ha")
    raise RuntimeError("killed")


def test_sweeping_keeps_what_is_still_there_and_what_is_not_ours(spool: Path) -> None:
    one = keep_copy(spool, "s3://b/a", "etag:1", lambda out: None)
    keep_copy(spool, "s3://b/a", "etag:0", lambda out: None)
    (spool / "tmp1.part").write_bytes(b"")
    (spool / "README").write_bytes(b"")
    kept = Located("s3://b/a", "a", 0, 0, "etag:1", lambda: one)
    assert sweep(spool, [kept]) == 2
    assert sorted(path.name for path in spool.iterdir()) == sorted([one.name, "README"])


def test_a_copys_name_says_nothing_of_the_key(spool: Path) -> None:
    path = copy_path(spool, "s3://b/../../etc/passwd", "etag:1")
    assert (path.parent, len(path.name), path.suffix) == (spool, 64, "")
