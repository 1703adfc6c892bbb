"""What does a CODEOWNERS file say, and which paths does a pattern of it mean?

Patterns are those of gitignore without `!` and sets; the last line that fits counts; a line without owners takes its paths away from those of
the lines before. Source: GitHub, About code owners; GitLab, Code Owners syntax (sections, `^[optional]`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from recon.suggest.estate import OWNERS

_SECTION = re.compile(r"\^?\[[^\]]*\](?:\[\d+\])?\s*")
_ENDINGS = (
    "team squad crew devs developers engineers engineering eng sre ops owners admins maintainers".split()
)


def read_owners(source: str, text: str) -> pl.DataFrame:
    """One row per line and owner: columns of OWNERS. `owner` is "" on a line without one."""
    rows = [
        (source, line, pattern, owner) for line, pattern, owners in _lines(text) for owner in owners or [""]
    ]
    return pl.DataFrame(rows, schema=OWNERS, orient="row")


def _lines(text: str) -> Iterator[tuple[int, str, list[str]]]:
    """A section of GitLab may name owners of its own, for lines in it that name none."""
    of_section: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        if section := _SECTION.match(stripped):
            of_section = _owners(stripped[section.end() :])
            continue
        pattern, _, rest = re.sub(r"\\ ", "\0", stripped).partition(" ")
        yield number, pattern.replace("\0", " "), _owners(rest.replace("\0", " ")) or of_section


def _owners(text: str) -> list[str]:
    before_comment = re.split(r"(?:^|\s)#", text, maxsplit=1)[0]
    return [word for word in before_comment.split() if "@" in word]


def path_pattern(pattern: str) -> str:
    """A regular expression for the paths that a pattern means. A repository may lie anywhere above the path that we know, so that
    a leading `/` means the beginning of any folder."""
    body = pattern.strip("/")
    inside = "" if pattern.endswith(("/*", "**")) else "(?:/.*)?"
    if pattern.endswith("/"):
        inside = "/.*"
    parts = re.split(r"(\*\*/|/\*\*$|\*\*|\*|\?)", body)
    wild = {"**/": "(?:.*/)?", "/**": "/.*", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "(?:^|/)" + "".join(wild.get(part, re.escape(part)) for part in parts) + inside + "$"


def team_names(owner: str) -> list[str]:
    """What an owner may be called in a registry, the likeliest first: `@acme/payments-team` is payments-team, then payments."""
    name = owner.removeprefix("@").split("@")[0].rsplit("/", 1)[-1].lower()
    words = re.findall(r"[^\W_]+", name)
    short = [word for n, word in enumerate(words) if not (word in _ENDINGS and n in (0, len(words) - 1))]
    return [each for each in dict.fromkeys(("-".join(words), "-".join(short))) if each]
