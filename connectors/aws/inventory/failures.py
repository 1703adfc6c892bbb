"""What does an error of AWS mean: too fast, try again, not allowed, or broken?

Names differ from service to service; one that is unknown here is told by its HTTP status.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as NoConnection,
)
from botocore.parsers import ResponseParserError

from recon.errors import Unreachable
from recon.hostile import shown

# Source: botocore's service models and its own list of throttling codes.
_THROTTLED = frozenset(
    "Throttling ThrottlingException ThrottledException RequestThrottled RequestThrottledException "
    "ThrottledRequestException TooManyRequestsException RequestLimitExceeded BandwidthLimitExceeded "
    "ProvisionedThroughputExceededException SlowDown PriorRequestNotComplete TransactionInProgressException "
    "EC2ThrottledException".split()
)
_PASSING = frozenset(
    "InternalServiceException InternalServerException InternalServerError InternalError InternalFailure "
    "InternalErrorException ServiceUnavailable ServiceUnavailableException ServiceException Unavailable "
    "RequestTimeout RequestTimeoutException".split()
)
_DENIED = frozenset(
    "AccessDenied AccessDeniedException UnauthorizedOperation UnauthorizedException AuthorizationError "
    "NotAuthorized".split()
)
_WHO = frozenset(
    "InvalidClientTokenId UnrecognizedClientException AuthFailure InvalidAccessKeyId OptInRequired "
    "RegionDisabledException MissingAuthenticationToken SignatureDoesNotMatch InvalidSignatureException".split()
)
_EXPIRED = frozenset(("ExpiredToken", "ExpiredTokenException", "RequestExpired"))
_SIGNED = _EXPIRED | {
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
    "AuthFailure",
}
_LOGIN = (
    NoCredentialsError,
    PartialCredentialsError,
    CredentialRetrievalError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
TRIES = 3  # of one question whose connection breaks or that AWS itself stumbles over
_SKEW = 300  # seconds by which a signature may be older or newer than AWS's clock


def code(error: Exception) -> str:
    """The error's code as the service spells it; "" for what is no answer of a service."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def throttled(error: Exception, service: str) -> float | None:
    """Seconds that AWS wants us to wait, 0 where it does not say; None where it is no throttling."""
    if not isinstance(error, ClientError):
        return None
    said = code(error)
    # Cost Explorer calls its rate a limit; elsewhere a limit is one that waiting does not lift.
    if said in _THROTTLED or _status(error) == 429 or (service == "ce" and said == "LimitExceededException"):
        return _retry_after(error)
    return None


def passing(error: Exception) -> bool:
    """Whether asking again may help: a broken connection, a timeout, a garbled answer, trouble inside AWS."""
    if isinstance(error, ClientError):
        return code(error) in _PASSING or _status(error) >= 500
    return isinstance(error, NoConnection | HTTPClientError | ResponseParserError)


def explained(error: Exception, what: str, permission: str, service: str) -> Unreachable:
    """An error of boto3 in words; `permission`: what the request needed."""
    if isinstance(error, Unreachable):
        return error
    if isinstance(error, ClientError):
        return _answered(error, what, permission, service)
    said = shown(f"{error}".rstrip(". "), 300)
    if isinstance(error, _LOGIN):
        return Unreachable(what, f"no usable credentials ({said})", None, "denied")
    if isinstance(error, ResponseParserError):
        return Unreachable(what, f"an answer that can't be read ({said})")
    if isinstance(error, NoConnection | HTTPClientError):
        return Unreachable(what, f"no connection, or it broke ({said})")
    assert isinstance(error, BotoCoreError), error
    return Unreachable(what, said)


def _answered(error: ClientError, what: str, permission: str, service: str) -> Unreachable:
    status, said = _status(error), code(error)
    words = shown(f"{said}: {error.response.get('Error', {}).get('Message', '')}".rstrip(". "), 300)
    if throttled(error, service) is not None:
        return Unreachable(what, f"throttled to the end ({words})", None, "throttled")
    if said in _SIGNED and abs(off := _clock_off(error)) > _SKEW:
        return Unreachable(what, f"this machine's clock is {abs(off)} s {_side(off)} AWS's ({words})")
    if said in _EXPIRED:
        return Unreachable(what, f"the credentials have expired: sign in again ({words})", None, "denied")
    if said in _WHO:
        reason = f"the credentials are not known there, or the region is not enabled ({words})"
        return Unreachable(what, reason, None, "denied")
    if said in _DENIED or status in (401, 403):
        return Unreachable(what, f"access denied ({words})", permission, "denied")
    return Unreachable(what, words or f"HTTP status {status}")


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _headers(error: ClientError) -> dict[str, Any]:
    return dict(error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {}))


def _retry_after(error: ClientError) -> float:
    try:
        return max(0.0, float(_headers(error).get("retry-after", 0)))
    except ValueError:  # a date; our own pause is long enough
        return 0.0


def _clock_off(error: ClientError) -> int:
    """Seconds by which this machine's clock is before (+) or behind (-) the one that answered."""
    try:
        theirs = parsedate_to_datetime(str(_headers(error).get("date")))
    except ValueError:
        return 0
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    return round((datetime.now(UTC) - theirs).total_seconds())


def _side(off: int) -> str:
    return "ahead of" if off > 0 else "behind"


def patience(service: str) -> Callable[[Exception], float | None]:
    """What `Pace` is to wait for: throttling as long as its patience lasts, other passing trouble a few times."""
    failed = 0

    def wait(error: Exception) -> float | None:
        nonlocal failed
        wanted = throttled(error, service)
        if wanted is None and passing(error):
            failed += 1
            return 0.0 if failed < TRIES else None
        return wanted

    return wait
