"""Whose resource is it, by the form of its id alone? None where the form is nobody's."""

from __future__ import annotations


def provider_of(resource_id: str) -> str | None:
    """aws, azure or gcp."""
    lower = resource_id.lower()
    if lower.startswith("arn:"):
        return "aws"
    if lower.startswith("/subscriptions/"):
        return "azure"
    return "gcp" if lower.startswith("//") and ".googleapis.com/" in lower else None
