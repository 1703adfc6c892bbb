"""What does each provider allow in a key, and what do its exports do to it? A table of facts, no rules.

Facts: the providers' tagging documentation (AWS: tag naming limits, CUR column naming; Azure: tag
limitations; Google Cloud: label requirements; Kubernetes: label syntax).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT_IN_LABEL = re.compile(r"[^a-z0-9_-]")


@dataclass(frozen=True)
class ExportPrefix:
    """Text that an export puts before a key. `renamed`: it also turns the key into a column name;
    `generated`: it does so for keys that the provider makes, not for the user's."""

    text: str
    renamed: bool
    generated: bool = False


@dataclass(frozen=True)
class Spelling:
    """How a provider lets keys and values be written.

    `key_shape` matches the whole of an allowed key, `shape_in_words` says it to a person; `label_limit` is
    set where only lower case letters, digits, `_` and `-` exist, so that canonical text is rewritten.
    """

    key_shape: re.Pattern[str] = re.compile(r"(?s).{1,512}")
    shape_in_words: str = "1 to 512 characters"
    label_limit: int | None = None
    prefixes: tuple[ExportPrefix, ...] = ()
    generated: tuple[str, ...] = ()

    def is_generated(self, key: str) -> bool:
        """Whether the provider itself makes keys of this name; users can't."""
        return key.casefold().startswith(self.generated) if self.generated else False

    def written(self, canonical: str) -> str:
        """The one form in which this provider can carry canonical text."""
        if self.label_limit is None:
            return canonical
        return _NOT_IN_LABEL.sub("-", canonical.lower())[: self.label_limit]


AWS = Spelling(
    key_shape=re.compile(r"(?!(?i:aws:))[\w\s.:/=+@-]{1,128}"),
    shape_in_words="1 to 128 letters, digits, blanks and _ . : / = + - @, not beginning with aws:",
    prefixes=(  # longest first: the first that fits is the one that was added
        ExportPrefix("resource_tags_user_", renamed=True),
        ExportPrefix("resourceTags/user:", renamed=False),
        ExportPrefix("resource_tags_", renamed=True, generated=True),
        ExportPrefix("resourceTags/", renamed=False, generated=True),
        ExportPrefix("user:", renamed=False),
        ExportPrefix("user_", renamed=True),
        ExportPrefix("", renamed=True, generated=True),  # CUR 2.0 writes aws:createdBy as aws_created_by
    ),
    generated=("aws:",),
)
AZURE = Spelling(
    key_shape=re.compile(r"[^<>%&\\?/]{1,512}"),
    shape_in_words=r"1 to 512 characters, none of < > % & \ ? /",
    generated=("hidden-",),
)
GCP = Spelling(
    key_shape=re.compile(r"[^\W\dA-Z_](?:[^\WA-Z]|-){0,62}"),
    shape_in_words="1 to 63 lower case letters, digits, _ and -, beginning with a letter",
    label_limit=63,
    generated=("goog-",),
)
KUBERNETES = Spelling(
    key_shape=re.compile(r"(?:[a-z0-9.-]{1,253}/)?[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?", re.ASCII),
    shape_in_words="an optional prefix ending in /, then 1 to 63 letters, digits, - _ .",
)
OCI = Spelling(
    key_shape=re.compile(r"[!-~]{1,201}"), shape_in_words="1 to 100 printable ASCII characters without blanks"
)
ANY = Spelling()

SPELLINGS: dict[str, Spelling] = {"aws": AWS, "azure": AZURE, "gcp": GCP, "k8s": KUBERNETES, "oci": OCI}
LONGEST_VALUE = 256  # no provider above carries a longer one


def spelling_of(provider_id: str) -> Spelling:
    """The provider's facts; for one we know nothing about: everything allowed, nothing added."""
    return SPELLINGS.get(provider_id, ANY)
