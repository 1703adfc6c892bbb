"""In a real browser a statement asks for nothing, runs no hostile text, and fits a phone and a desk."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recon.config import load_config
from reports.questions import Store
from reports.statement_files import write_statements
from tests.bills import REGISTRY, line, write_config
from tests.promises.test_closing import bill
from tests.reports.test_browser import pytestmark as needs_browser
from tests.reports.test_browser import visit

pytestmark = needs_browser
HOSTILE = "<script>document.title='owned'</script>"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A statement of an owner, a pool and a rule's basis that nobody should trust."""
    folder = tmp_path_factory.mktemp("page")
    config = write_config(folder / "estate")
    free = REGISTRY.replace("values: {list: [payments, search, platform]}", "case: exact")
    (config.parent / "registry.yaml").write_text(free, "utf-8")
    (config.parent / "allocation.yaml").write_text(
        "version: 1\nsplits:\n  - {id: tax, source: 'shared:tax', method: even, targets: all}\n", "utf-8"
    )
    bill(
        config,
        [
            line(5, "1234567.891", tags={"cost-center": HOSTILE}, BillingAccountId="x" * 90),
            line(6, "-3.5", ChargeCategory="Tax", ResourceId=None, BillingAccountId="x" * 90),
        ],
    )
    with Store(load_config(config).store) as store:
        (written,) = write_statements(store, folder / "out")
    return written.paths[0]


def test_a_statement_makes_no_request_and_runs_nothing(page: Path, tmp_path: Path) -> None:
    seen = visit(page, tmp_path)
    assert (seen.requests, seen.console) == ([], [])
    assert "<title>owned" not in seen.dom
    assert seen.dom.count("<script>") == 1
    assert "Shares of" in seen.dom


@pytest.mark.parametrize("width", [390, 1280])
def test_no_width_makes_the_page_itself_scroll_sideways(page: Path, tmp_path: Path, width: int) -> None:
    text = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page.read_text("utf-8"))
    probe = "<script>parent.postMessage(String(document.documentElement.scrollWidth), '*');</script></body>"
    (tmp_path / "probe.html").write_text(text.replace("</body>", probe), "utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(
        "<script>onmessage = (e) => document.documentElement.dataset.probe = e.data;</script>"
        f"<iframe src='probe.html' width='{width}' height='900' style='border:0'></iframe>",
        "utf-8",
    )
    found = re.search(r'data-probe="(\d+)"', visit(frame, tmp_path).dom)
    assert found is not None
    assert int(found[1]) <= width
