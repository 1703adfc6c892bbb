"""S3, Azure Blob and Google Cloud Storage on this machine, each behind a proxy that can break things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.places import servers
from tests.connectors.places.servers import Proxy

_AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="  # Azurite's published one


@dataclass(frozen=True)
class Store:
    """One object store with an empty bucket `bills`: `client` writes to it, our code reads through `proxy`."""

    client: Any
    proxy: Proxy
    url: str = ""


@pytest.fixture(autouse=True)
def no_credentials_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_CLOUD_PROJECT"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CONNECTION_STRING", "ACCOUNT", "KEY", "SAS_TOKEN"):
        monkeypatch.delenv(f"AZURE_STORAGE_{name}", raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "no-gcloud"))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.places.bucket.PAUSE", 0.001)


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture(scope="session")
def moto_url() -> Iterator[str]:
    with servers.moto() as url:
        yield url


@pytest.fixture(scope="session")
def gcs_url() -> Iterator[str]:
    with servers.gcs_emulator() as url:
        yield url


@pytest.fixture(scope="session")
def azurite_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if servers.azurite_script() is None:
        pytest.skip("no node or no Azurite here (make system installs it): Azure Blob is NOT TESTED")
    with servers.azurite(tmp_path_factory.mktemp("azurite")) as url:
        yield url


@pytest.fixture
def s3(moto_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    import boto3

    proxy = Proxy(moto_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", proxy.url)
    client = boto3.client("s3", endpoint_url=moto_url)
    client.create_bucket(Bucket="bills")
    yield Store(client, proxy)
    for entry in client.list_objects_v2(Bucket="bills").get("Contents", ()):
        client.delete_object(Bucket="bills", Key=entry["Key"])
    client.close()
    proxy.close()


@pytest.fixture
def gcs(gcs_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.storage import Client

    proxy = Proxy(gcs_url)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
    client = Client(
        project="p",
        credentials=AnonymousCredentials(),  # type: ignore[no-untyped-call]
        client_options={"api_endpoint": gcs_url},
    )
    client._http.get(f"{gcs_url}/wipe").close()
    bucket = client.create_bucket("bills")
    yield Store(bucket, proxy)
    client.close()
    proxy.close()


@pytest.fixture
def azure(azurite_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    from azure.storage.blob import BlobServiceClient

    proxy = Proxy(azurite_url)
    account = f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_AZURE_KEY};"
    monkeypatch.setenv(
        "AZURE_STORAGE_CONNECTION_STRING", f"{account}BlobEndpoint={proxy.url}/devstoreaccount1;"
    )
    service = BlobServiceClient.from_connection_string(
        f"{account}BlobEndpoint={azurite_url}/devstoreaccount1;"
    )
    container = service.create_container("bills")
    yield Store(container, proxy, f"az://{proxy.url.removeprefix('http://')}/devstoreaccount1/bills")
    container.delete_container()
    service.close()
    proxy.close()
