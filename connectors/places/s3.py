"""Which objects lie in an S3 bucket, and what are their bytes?

Credentials, region and endpoint come from boto3's own chain (environment, profile, role); AWS_ENDPOINT_URL_S3
leads to any store that speaks S3. The SDK's standard retry mode waits out throttling.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    HTTPClientError,
    IncompleteReadError,
    ReadTimeoutError,
    ResponseStreamingError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)
from urllib3.exceptions import HTTPError as BrokenBody

from connectors.places.bucket import CHUNK, Changed, Dropped, Stored, list_bucket
from connectors.places.located import Located, Unreachable
from connectors.places.pattern import wanted
from recon.errors import InputError
from recon.hostile import shown

PAGE = 1000
_ATTEMPTS, _CONNECT, _READ = 4, 10, 60  # requests in all; seconds
_LIST, _GET = "s3:ListBucket", "s3:GetObject (and kms:Decrypt, where SSE-KMS encrypts)"
_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
_GONE = {"NoSuchKey", "404", "NoSuchVersion", "PreconditionFailed", "412", "InvalidRange", "416"}
_THROTTLED = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "503",
    "ServiceUnavailable",
}
_BROKEN = (
    *(IncompleteReadError, ReadTimeoutError, ResponseStreamingError, ConnectionClosedError, BrokenBody),
    *(ConnectionError, TimeoutError),
)


def list_files(location: str, spool: Path) -> list[Located]:
    """The objects that `s3://bucket/path` means. Raises InputError for a name that is no bucket's, and
    Unreachable where the bucket is missing, denied, or throttled to the end."""
    name, _, path = location.removeprefix("s3://").partition("/")
    if not _BUCKET.fullmatch(name):
        raise InputError(f'location "{shown(location)}" names no bucket. Write s3://bucket/prefix/')
    with _explained(f"s3://{name}", _LIST):
        bucket = S3Bucket(name, _client())
    return list_bucket(bucket, wanted(path), spool)


def _client() -> Any:
    retries = {"mode": "standard", "total_max_attempts": _ATTEMPTS}
    # A session of its own: boto3's default one keeps the credentials that it first found.
    return boto3.session.Session().client(
        "s3", config=Config(retries=retries, connect_timeout=_CONNECT, read_timeout=_READ)
    )


class S3Bucket:
    """A `Bucket` over boto3."""

    def __init__(self, name: str, client: Any) -> None:
        self.name, self.client, self.url = name, client, f"s3://{name}"

    def objects(self, prefix: str) -> Iterator[Stored]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, PaginationConfig={"PageSize": PAGE}
        )
        with _explained(self.url, _LIST):
            for page in pages:
                for entry in page.get("Contents", ()):
                    yield _stored(entry["Key"], entry["Size"], entry)

    def look(self, key: str) -> Stored:
        with _explained(f"{self.url}/{key}", _GET):
            head = self.client.head_object(Bucket=self.name, Key=key)
            return _stored(key, head["ContentLength"], head)

    def copy(self, stored: Stored, out: BinaryIO, start: int) -> None:
        rest = {"Range": f"bytes={start}-"} if start else {}
        with _explained(f"{self.url}/{stored.key}", _GET, reading=True):
            got = self.client.get_object(Bucket=self.name, Key=stored.key, IfMatch=stored.version, **rest)
            with closing(got["Body"]) as body:
                for chunk in body.iter_chunks(CHUNK):
                    out.write(chunk)


def _stored(key: str, size: int, entry: dict[str, Any]) -> Stored:
    # An ETag may come back with an older content; the time beside it never does.
    tag, modified = entry["ETag"], entry["LastModified"]
    return Stored(key, size, modified, tag, f"etag:{tag.strip(chr(34))};modified:{modified:%Y%m%dT%H%M%SZ}")


@contextmanager
def _explained(what: str, permission: str, reading: bool = False) -> Iterator[None]:
    """boto3's errors in words; `reading`: a missing or other object is one that changed since it was listed."""
    try:
        yield
    except ClientError as error:
        raise _of_answer(what, permission, error, reading) from error
    except _BROKEN as error:
        if reading:
            raise Dropped from error
        raise Unreachable(what, "the connection broke") from error
    except (NoConnection, HTTPClientError) as error:
        raise Unreachable(what, shown(f"no connection ({error})".rstrip("."), 300)) from error
    except BotoCoreError as error:  # no credentials, an expired login, a profile that isn't there
        raise Unreachable(what, shown(str(error).rstrip("."), 300), permission, "denied") from error


def _of_answer(what: str, permission: str, error: ClientError, reading: bool) -> Exception:
    code = str(error.response["Error"].get("Code", ""))
    status = error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
    said = shown(f"{code}: {error.response['Error'].get('Message', '')}".rstrip(". "), 300)
    if reading and code in _GONE:
        return Changed()
    if code in _THROTTLED or status in (429, 503):
        return Unreachable(what, f"throttled to the end ({said})", None, "throttled")
    if code == "InvalidObjectState":
        return Unreachable(what, "it is archived: restore it, or leave it out by a glob")
    if status in (401, 403) or code == "InvalidAccessKeyId":
        return Unreachable(what, f"access denied ({said})", permission, "denied")
    if code == "NoSuchBucket" or status == 404:
        return Unreachable(what, f"it does not exist ({said})", None, "missing")
    return Unreachable(what, said)
