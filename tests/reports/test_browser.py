"""In a real browser the page asks for nothing, runs no hostile text, and fits a phone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="NOT TESTED: no Chromium, so the report went unseen (apt-get install chromium).",
    ),
]
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--virtual-time-budget=3000",
    "--enable-logging=stderr",
    "--v=0",
)


@dataclass(frozen=True)
class Visit:
    """What the browser made of a page: its DOM, its words on the console, its requests to the network."""

    dom: str
    console: list[str]
    requests: list[str]


def visit(page: Path, scratch: Path) -> Visit:
    assert CHROMIUM is not None
    log = scratch / "net.json"
    ended = subprocess.run(
        [CHROMIUM, *QUIET, f"--user-data-dir={scratch / 'profile'}", f"--log-net-log={log}",
         "--window-size=1280,1600", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return Visit(ended.stdout, re.findall(r"CONSOLE.*", ended.stderr), _requests(log))


def _requests(log: Path) -> list[str]:
    document = json.loads(log.read_text(encoding="utf-8"))
    started = [event["params"] for event in document["events"] if "url" in event.get("params", {})]
    # The browser's own errands have no page as their initiator.
    return sorted({p["url"] for p in started if p.get("initiator", "not an origin") != "not an origin"})


def measured(published: Path, scratch: Path, expression: str, width: int) -> str:
    """Value of a JavaScript expression in a copy of the page, without its policy, in a frame of that width.

    A frame, because a headless window is never narrower than 500 pixels.
    """
    page = (published / "index.html").read_text(encoding="utf-8")
    page = re.sub(r"<meta http-equiv=\"Content-Security-Policy\"[^>]*>", "", page)
    probe = f"<script>parent.postMessage(String({expression}), '*');</script></body>"
    (scratch / "probe.html").write_text(page.replace("</body>", probe), encoding="utf-8")
    frame = scratch / "frame.html"
    frame.write_text(
        "<script>onmessage = (e) => document.documentElement.dataset.probe = e.data;</script>"
        f"<iframe src='probe.html' width='{width}' height='900' style='border:0'></iframe>",
        encoding="utf-8",
    )
    found = re.search(r'data-probe="([^"]*)"', visit(frame, scratch).dom)
    assert found
    return found[1]


def test_the_page_makes_no_request_and_no_complaint(published: Path, tmp_path: Path) -> None:
    seen = visit(published / "index.html", tmp_path)
    assert (seen.requests, seen.console) == ([], [])


def test_the_watch_on_requests_and_complaints_works(tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        "<title>x</title><img src='http://127.0.0.1:9/x.png'><script>nothing()</script>", encoding="utf-8"
    )
    seen = visit(page, tmp_path)
    assert seen.requests == ["http://127.0.0.1:9/x.png"]
    assert any("nothing is not defined" in line for line in seen.console)


def test_hostile_text_does_not_run(published: Path, tmp_path: Path) -> None:
    for file in (published / "index.html", *sorted((published / "owners").glob("script-*"))):
        seen = visit(file, tmp_path)
        assert "<title>owned" not in seen.dom
        assert seen.dom.count("<script>") == 1
        assert seen.console == []


def test_javascript_adds_search_filters_and_sorting(published: Path, tmp_path: Path) -> None:
    dom = visit(published / "index.html", tmp_path).dom
    assert '<form class="filters">' in dom and "12 of 12 rows" in dom
    assert dom.count("<select>") == 3


def test_without_javascript_every_cause_is_there_and_no_dead_control(published: Path, tmp_path: Path) -> None:
    page = (published / "index.html").read_text(encoding="utf-8")
    silent = tmp_path / "silent.html"
    silent.write_text(re.sub(r"script-src &#39;[^;]*", "script-src &#39;none&#39;", page), encoding="utf-8")
    dom = visit(silent, tmp_path).dom
    body = dom.split('<section id="findings">')[1].split("</section>")[0]
    assert body.count("<tr><td data-v") == 12
    assert "<button" not in dom and "<form" not in dom


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_never_scrolls_sideways(published: Path, tmp_path: Path, width: int) -> None:
    wide = measured(published, tmp_path, "[innerWidth, document.documentElement.scrollWidth]", width)
    assert wide == f"{width},{width}"


def test_searching_and_sorting_find_the_right_rows(published: Path, tmp_path: Path) -> None:
    script = """(() => {
        const box = document.querySelector('.filters input');
        box.value = 'not-activated'; box.dispatchEvent(new Event('input', {bubbles: true}));
        const table = document.querySelector('table.searchable');
        const shown = [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
        box.value = ''; box.dispatchEvent(new Event('input', {bubbles: true}));
        const head = [...table.tHead.rows[0].cells].findIndex((c) => c.textContent.includes('Resources'));
        table.tHead.rows[0].cells[head].querySelector('button').click();
        return [shown, table.tBodies[0].rows[0].cells[head].textContent];
    })()"""
    assert measured(published, tmp_path, script, 1280) == "1,40"
