"""Which blobs lie in an Azure container, and what are their bytes?

Credentials: AZURE_STORAGE_CONNECTION_STRING, or AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN together with
AZURE_STORAGE_ACCOUNT, each for its own account only; else azure-identity's default chain.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from azure.core import MatchConditions
from azure.core.credentials import AzureNamedKeyCredential, AzureSasCredential, TokenCredential
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobProperties, BlobServiceClient, ContainerClient, ExponentialRetry

from connectors.places.azure_address import AzureAddress, account_of, azure_address
from connectors.places.bucket import Changed, Dropped, Stored, list_bucket
from connectors.places.located import Located, Unreachable
from connectors.places.pattern import wanted
from recon.errors import InputError
from recon.hostile import shown

PAGE = 1000
_RETRIES, _CONNECT, _READ = 3, 10, 60  # requests after the first; seconds
_PIECE = 16 << 20  # bytes of one request of a download, and held in memory
_READER = "Storage Blob Data Reader"


def list_files(location: str, spool: Path) -> list[Located]:
    """The blobs that an Azure location means. Raises InputError for a location that can't be one, and
    Unreachable where the container is missing, denied, or throttled to the end."""
    address = azure_address(location)
    container = _service(address).get_container_client(address.container)
    return list_bucket(AzureContainer(container), wanted(address.path), spool)


def _service(address: AzureAddress) -> BlobServiceClient:
    # The SDK's own pauses begin at 15 seconds.
    retry = ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=_RETRIES, random_jitter_range=1)
    settings: dict[str, Any] = {
        "retry_policy": retry,
        "connection_timeout": _CONNECT,
        "read_timeout": _READ,
        "max_single_get_size": _PIECE,
        "max_chunk_get_size": _PIECE,
    }
    if text := os.environ.get("AZURE_STORAGE_CONNECTION_STRING"):
        service = _connected(text, settings)
        if address.host in ("", service.primary_hostname):
            return service
    account = os.environ.get("AZURE_STORAGE_ACCOUNT", "")
    if not address.host and not account:
        raise InputError(
            f'location "az://{address.container}/…" names no account: write '
            f"az://ACCOUNT.blob.core.windows.net/{address.container}/…, or set AZURE_STORAGE_ACCOUNT "
            "or AZURE_STORAGE_CONNECTION_STRING"
        )
    host = address.host or f"{account}.blob.core.windows.net"
    return BlobServiceClient(f"https://{host}", credential=_credential(host, account), **settings)


def _connected(text: str, settings: dict[str, Any]) -> BlobServiceClient:
    try:
        return BlobServiceClient.from_connection_string(text, **settings)
    except ValueError:
        raise InputError(
            "AZURE_STORAGE_CONNECTION_STRING is malformed. Copy it from the account's page Access keys"
        ) from None  # the cause may quote the key


def _credential(host: str, account: str) -> AzureNamedKeyCredential | AzureSasCredential | TokenCredential:
    """A key or SAS is shown only to the account that the environment names beside it."""
    if account and account == account_of(host):
        if key := os.environ.get("AZURE_STORAGE_KEY"):
            return AzureNamedKeyCredential(account, key)
        if sas := os.environ.get("AZURE_STORAGE_SAS_TOKEN"):
            return AzureSasCredential(sas.lstrip("?"))
    return DefaultAzureCredential()


class AzureContainer:
    """A `Bucket` over azure-storage-blob."""

    def __init__(self, container: ContainerClient) -> None:
        self.container = container
        self.url = "az://" + container.url.partition("?")[0].partition("://")[2]

    def objects(self, prefix: str) -> Iterator[Stored]:
        with _explained(self.url):
            # Metadata tells the folders of an account with hierarchical namespace from empty blobs.
            found = self.container.list_blobs(
                name_starts_with=prefix or None, include=["metadata"], results_per_page=PAGE
            )
            for blob in found:
                if (blob.metadata or {}).get("hdi_isfolder") != "true":
                    yield _stored(blob)

    def look(self, key: str) -> Stored:
        with _explained(f"{self.url}/{key}"):
            return _stored(self.container.get_blob_client(key).get_blob_properties())

    def copy(self, stored: Stored, out: BinaryIO, start: int) -> None:
        with _explained(f"{self.url}/{stored.key}", reading=True):
            stream = self.container.download_blob(
                stored.key,
                offset=start,
                etag=stored.version,
                match_condition=MatchConditions.IfNotModified,
                decompress=False,  # a .csv.gz stays what it is
            )
            for chunk in stream.chunks():
                out.write(chunk)


def _stored(blob: BlobProperties) -> Stored:
    tag = str(blob.etag).strip('"')
    return Stored(str(blob.name), int(blob.size), blob.last_modified, f'"{tag}"', f"etag:{tag}")


@contextmanager
def _explained(what: str, reading: bool = False) -> Iterator[None]:
    """The SDK's errors in words, never with their text where a request's URL, and the SAS in it, may stand
    in it; `reading`: a missing or other blob is one that changed since it was listed."""
    try:
        yield
    except (ResourceModifiedError, ResourceNotFoundError) as error:
        if reading:
            raise Changed from None
        raise Unreachable(what, f"it does not exist ({_code(error)})", None, "missing") from None
    except HttpResponseError as error:
        broken = (error.status_code or 0) < 400 and not isinstance(error, ClientAuthenticationError)
        if broken and reading:
            raise Dropped from None
        raise _of_answer(what, error) from None
    except (ServiceResponseError, ConnectionError, TimeoutError) as error:
        if reading:
            raise Dropped from None
        raise Unreachable(what, f"the connection broke ({type(error).__name__})") from None
    except AzureError as error:
        raise Unreachable(what, f"no connection ({type(error).__name__})") from None


def _of_answer(what: str, error: HttpResponseError) -> Exception:
    status, code = error.status_code or 0, _code(error)
    if isinstance(error, ClientAuthenticationError) and not status:  # no credential in the whole chain
        said = shown(str(error.message).splitlines()[0].rstrip("."), 200)
        return Unreachable(what, f"no credentials ({said})", _READER, "denied")
    if status in (401, 403):
        return Unreachable(what, f"access denied ({code})", _READER, "denied")
    if status in (429, 503):
        return Unreachable(what, f"throttled to the end ({code})", None, "throttled")
    if status == 416:
        return Changed()
    if code == "BlobArchived":
        return Unreachable(what, "it is archived: rehydrate it, or leave it out by a glob")
    answered = f"the account answered {status} {code}" if status else f"the connection broke ({code})"
    return Unreachable(what, answered)


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", None) or error.reason or type(error).__name__
    return shown(getattr(code, "value", code), 100)
