"""How is text that anyone in the company can write shown without harm?

Tag keys and values, resource names and file contents are hostile: they may hold HTML, terminal escapes,
bidirectional overrides, secrets, or ten megabytes. HTML is escaped by the templates and CSV by
`reports/csv_tables.py`; here is what every other door needs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

# AWS key ids, GitHub, Slack, JWT, PEM, passwords in text or URLs, Azure SAS, Google API and OAuth keys.
# Source: the vendors' published token formats.
SECRET = re.compile(
    r"(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|(?i:password|passwd|pwd|secret|api[_-]?key|accountkey)\s*[=:]\s*\S{4,}|[?&]sig=[A-Za-z0-9%+/]{20,}"
    r"|://[^/\s:@]+:[^/\s:@]{3,}@|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,}"
)
# E-mail addresses, US social security numbers, IBANs: personal data under a key not declared personal.
PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.]{2,}|\b\d{3}-\d{2}-\d{4}\b|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b"
)
MASK = re.compile(r"‹masked:[0-9a-f]{12}›")
_SHOWN = 200


def looks_secret(value: str) -> bool:
    """True when the value matches a published secret format; it is then masked under any key."""
    return bool(SECRET.search(value))


def looks_personal(value: str) -> bool:
    """True when the value looks like personal data (e-mail, IBAN, social security number)."""
    return bool(PERSONAL.search(value))


def mask(value: str, key: bytes) -> str:
    """The published stand-in of a sensitive value: a keyed hash, so equal values stay recognisably equal."""
    digest = hmac.new(key, value.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return f"‹masked:{digest[:12]}›"


def shown(text: object, limit: int = _SHOWN) -> str:
    """Text for a terminal or a log line: one line, no control, format or bidi characters, cut at `limit`."""
    raw = str(text)
    if len(raw) <= limit and raw.isprintable():  # nearly all texts; printable excludes every category below
        return raw
    cut = raw[: limit + 1]
    clean = "".join(
        c
        if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
        else "\N{REPLACEMENT CHARACTER}"
        for c in cut
    )
    return clean[:limit] + "…" if len(raw) > limit else clean
