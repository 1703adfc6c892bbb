"""What did a Google service say, in one line? The SDKs wrap it into method, URL and job id."""

from __future__ import annotations

from google.api_core.exceptions import GoogleAPICallError, RetryError

from recon.hostile import shown

_LONGEST = 300


def said(error: GoogleAPICallError) -> str:
    """The service's own sentence, for a message."""
    inner = [
        str(part["message"]) for part in error.errors or () if isinstance(part, dict) and part.get("message")
    ]
    text = inner[0] if inner else str(error.message).rpartition(": ")[2]
    return shown(" ".join(text.split()).rstrip("."), _LONGEST)


def answer_of(error: RetryError) -> GoogleAPICallError | None:
    """The last answer before the retries ran out of time; None where there was none."""
    return error.cause if isinstance(error.cause, GoogleAPICallError) else None
