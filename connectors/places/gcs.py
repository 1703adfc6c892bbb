"""Which objects lie in a Google Cloud Storage bucket, and what are their bytes?

Credentials come from Application Default Credentials. STORAGE_EMULATOR_HOST, the SDK's own variable, leads to
an emulator, without credentials.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import google.auth
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Client
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY
from requests.exceptions import RequestException

from connectors.places.bucket import Changed, Dropped, Stored, list_bucket
from connectors.places.google_errors import answer_of, said
from connectors.places.located import Located, Unreachable
from connectors.places.pattern import wanted
from recon.errors import InputError
from recon.hostile import shown

PAGE = 1000
_TIMEOUT = (10, 60)  # seconds to connect, seconds between two bytes
_RETRY = DEFAULT_RETRY.with_timeout(60)
_SCOPE = "https://www.googleapis.com/auth/devstorage.read_only"
_FIELDS = "items(name,size,generation,updated),nextPageToken"
_LIST, _GET = "storage.objects.list", "storage.objects.get"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")


def list_files(location: str, spool: Path) -> list[Located]:
    """The objects that `gs://bucket/path` means. Raises InputError for a name that is no bucket's, and
    Unreachable where the bucket is missing, denied, or throttled to the end."""
    name, _, path = location.removeprefix("gs://").partition("/")
    if not _BUCKET.fullmatch(name):
        raise InputError(f'location "{shown(location)}" names no bucket. Write gs://bucket/prefix/')
    with _explained(f"gs://{name}", _LIST):
        bucket = GcsBucket(name, _client())
    return list_bucket(bucket, wanted(path), spool)


def _client() -> Any:
    # Else the SDK asks for the bucket itself too, for traces: a call, and a permission, that nobody needs.
    os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
    if os.environ.get("STORAGE_EMULATOR_HOST"):
        credentials: Any = AnonymousCredentials()  # type: ignore[no-untyped-call]
    else:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    return Client(project="<none>", credentials=credentials)  # reading objects needs no project


class GcsBucket:
    """A `Bucket` over google-cloud-storage."""

    def __init__(self, name: str, client: Any) -> None:
        self.client, self.bucket, self.url = client, client.bucket(name), f"gs://{name}"

    def objects(self, prefix: str) -> Iterator[Stored]:
        with _explained(self.url, _LIST):
            found = self.client.list_blobs(
                self.bucket,
                prefix=prefix or None,
                page_size=PAGE,
                fields=_FIELDS,
                timeout=_TIMEOUT,
                retry=_RETRY,
            )
            for blob in found:
                yield _stored(blob)

    def look(self, key: str) -> Stored:
        with _explained(f"{self.url}/{key}", _GET):
            blob = self.bucket.blob(key)
            blob.reload(timeout=_TIMEOUT, retry=_RETRY)
            return _stored(blob)

    def copy(self, stored: Stored, out: BinaryIO, start: int) -> None:
        with _explained(f"{self.url}/{stored.key}", _GET, reading=True):
            self.bucket.blob(stored.key).download_to_file(
                out,
                start=start or None,
                raw_download=True,  # as stored: a .csv.gz stays what it is
                if_generation_match=int(stored.version),
                timeout=_TIMEOUT,
                checksum=None if start else "auto",
                retry=_RETRY,
            )


def _stored(blob: Any) -> Stored:
    return Stored(
        blob.name, int(blob.size), blob.updated, str(blob.generation), f"generation:{blob.generation}"
    )


@contextmanager
def _explained(what: str, permission: str, reading: bool = False) -> Iterator[None]:
    """The SDK's errors in words; `reading`: a missing or other object is one that changed since it was listed."""
    try:
        yield
    except GoogleAPICallError as error:
        raise _of_answer(what, permission, error, reading) from error
    except DataCorruption as error:
        raise Changed from error
    except RetryError as error:
        answer = answer_of(error)
        if answer is not None:
            raise _of_answer(what, permission, answer, reading) from error
        if reading:
            raise Dropped from error
        raise Unreachable(what, "no answer in time") from error
    except (RequestException, ConnectionError, TimeoutError) as error:
        if reading:
            raise Dropped from error
        raise Unreachable(what, f"no connection ({type(error).__name__})") from error
    except GoogleAuthError as error:
        text = shown(str(error).splitlines()[0].rstrip("."), 200)
        raise Unreachable(what, f"no credentials ({text})", permission, "denied") from error


def _of_answer(what: str, permission: str, error: GoogleAPICallError, reading: bool) -> Exception:
    status, text = error.code or 0, said(error)
    if reading and status in (404, 412, 416):
        return Changed()
    if status in (401, 403):
        return Unreachable(what, f"access denied ({text})", permission, "denied")
    if status == 404:
        return Unreachable(what, f"it does not exist ({text})", None, "missing")
    if status in (429, 503):
        return Unreachable(what, f"throttled to the end ({text})", None, "throttled")
    return Unreachable(what, f"the bucket answered {int(status)} ({text})")
