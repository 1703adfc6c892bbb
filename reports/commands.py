"""Which command shows a reader more? One line that can be copied into a shell without doing anything else."""

from __future__ import annotations

import shlex

from reports.visible import visible


def explain_command(resource: object) -> str | None:
    """`tagrecon explain <resource>`, quoted; None where the id can't be typed (unseen characters, too
    long).
    """
    text = str(resource or "")
    if not text or len(text) > 300 or visible(text, 300) != text or text.startswith("-"):
        return None
    return f"tagrecon explain {shlex.quote(text)}"
