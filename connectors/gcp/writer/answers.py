"""What does a refusal of Google Cloud mean for labels and tags that were to be read or written?

Its sentences may quote a label: only its status and its own word for it are ever shown.
"""

from __future__ import annotations

import requests
from google.api_core.exceptions import GoogleAPICallError, RetryError
from google.auth.exceptions import GoogleAuthError

from connectors.gcp.writer.rest import Refused
from connectors.places.google_errors import answer_of
from recon.fix.writing import Failed

# what reading raises where an answer is none of labels
UNREADABLE = (ValueError, TypeError, AttributeError, KeyError)
ANSWERS = (Refused, requests.RequestException, GoogleAPICallError, RetryError, GoogleAuthError, *UNREADABLE)

# a stale lock in the words of gRPC, and of the older error form that names reasons; Kubernetes Engine answers it with 400
_PRECONDITION = {
    *("FAILED_PRECONDITION", "ABORTED", "CONDITION_NOT_MET"),
    *("failedPrecondition", "aborted", "conditionNotMet"),
}
_BUSY = {"operationInProgress", "resourceNotReady", "resourceInUseByAnotherResource"}


def failed(error: Exception, permission: str, *, sent: bool) -> Failed:
    """Why a resource was not read or written. `permission`: what the request needs; `sent`: a write, which may have
    taken effect where no answer tells."""
    if isinstance(error, RetryError):
        error = answer_of(error) or error
    if isinstance(error, GoogleAuthError):
        return Failed("denied", f"no credentials ({type(error).__name__})", permission)
    if isinstance(error, Refused):
        if error.throttled:
            return Failed("throttled", f"throttled to the end ({error.word or error.status})")
        return of_status(error.status, error.word, permission, sent=sent)
    if isinstance(error, GoogleAPICallError):
        if "metadata from plugin failed" in str(
            error.message
        ):  # gRPC's words for a credential that can't be had
            return Failed("denied", "no credentials", permission)
        word = error.grpc_status_code.name if error.grpc_status_code else ""
        return of_status(int(error.code or 0), word, permission, sent=sent)
    if isinstance(error, requests.RequestException):
        return _silent(f"no answer ({type(error).__name__})", sent)
    return _silent(f"the answer can't be read ({type(error).__name__})", sent)


def of_status(status: int, word: str, permission: str, *, sent: bool) -> Failed:
    """The meaning of HTTP's status and a word; `word` "" where there is none."""
    said = f" ({word})" if word else f" ({status})"
    if word in _BUSY:
        return Failed("rejected", f"another operation holds the resource{said}")
    if status in (412, 409) or word in _PRECONDITION:
        return Failed(
            "changed", f"Google Cloud refuses the change: something changed since it was read{said}"
        )
    if status in (401, 403):
        return Failed("denied", f"access denied{said}", permission)
    if status == 404:
        return Failed("gone", f"it does not exist{said}")
    if status == 429:
        return Failed("throttled", f"throttled to the end{said}")
    if 400 <= status < 500 and status not in (408, 499):
        return Failed("rejected", f"Google Cloud refuses the change{said}")
    return _silent(f"Google Cloud answered {status}{said}", sent)


def _silent(why: str, sent: bool) -> Failed:
    return Failed("unreachable", f"{why}{'; whether the change took effect is not known' if sent else ''}")
