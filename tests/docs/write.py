"""Which pages are written from the code, and what should they say? `python -m tests.docs.write` writes them all.

The demonstration's output in README is one of them: it runs the whole job on the sample company.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from recon.allocation import allocation_schema
from recon.checks.__main__ import MARK as CHECKS_MARK
from recon.checks.listing import page as checks_page
from recon.cli.reference import page as cli_page
from recon.config import config_schema
from recon.config.reference import page as reference_page
from recon.metrics.catalogue import page as metrics_page
from recon.registry import registry_schema
from tests.docs import verdict_cases
from tests.docs.demo import demonstration, excerpt, with_demo
from tests.docs.papers import ROOT

DOCS = ROOT / "docs"


def _configuration() -> str:
    schemas = {"tagrecon.yaml": config_schema(), "allocation.yaml": allocation_schema()}
    return reference_page((DOCS / "configuration.md").read_text("utf-8"), schemas)


def _registry() -> str:
    return reference_page((DOCS / "registry.md").read_text("utf-8"), {"registry.yaml": registry_schema()})


def _checks() -> str:
    head, mark, _ = (DOCS / "checks.md").read_text("utf-8").partition(CHECKS_MARK)
    assert mark, "docs/checks.md has lost its mark"
    return head + mark + checks_page()


# Page → what it should say. README is not among them: its part takes a run of the demonstration.
PAGES: Mapping[str, Callable[[], str]] = {
    "docs/checks.md": _checks,
    "docs/cli.md": cli_page,
    "docs/configuration.md": _configuration,
    "docs/metrics.md": metrics_page,
    "docs/registry.md": _registry,
    "docs/verdicts.md": verdict_cases.page,
}


def main() -> None:
    """Write every generated page, and name those that changed."""
    pages = dict(PAGES)
    with tempfile.TemporaryDirectory(prefix="tagrecon-docs-") as folder:
        shown = excerpt(demonstration(Path(folder)))
    pages["README.md"] = lambda: with_demo((ROOT / "README.md").read_text("utf-8"), shown)
    for name, made in pages.items():
        path, text = ROOT / name, made()
        if path.read_text("utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{name}\n")


if __name__ == "__main__":
    main()
