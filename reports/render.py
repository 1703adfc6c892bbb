"""How is a run published? Page, owners' pages, CSV, Parquet and metrics, from the stable interface only.

Reads the published store (read-only) and the summary; the same two give the same bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment

from reports.commands import explain_command
from reports.definitions import DEFINITIONS
from reports.model import build_page
from reports.owner_pages import owner_file, owner_pages
from reports.pages import csv_environment, html_environment, render_page, user_templates
from reports.periods import Periods, periods_of
from reports.prometheus import metrics
from reports.questions import Store
from reports.summary import Summary, parse_summary
from reports.tables import write_csvs, write_parquets
from reports.user_views import UserViews

_PLAN = "fix-plan.yaml"


def publish(
    store: Path,
    summary: Mapping[str, object],
    out_dir: Path,
    *,
    title: str,
    top: int = 20,
    templates: Path | None = None,
    fix_plan: Path | None = None,
) -> list[Path]:
    """Write the report of one run into `out_dir` and return the files written, sorted.

    `summary` is a `tagrecon.summary/1` document; tables are cut to `top` rows (findings: ten times as many)
    and say how much the rest is; `templates` is searched before the built-in ones; `fix_plan` is copied
    beside the page.
    Raises InputError for a user's template that fails, OurBug for a summary of another schema.
    """
    parsed = parse_summary(summary)
    periods = periods_of(parsed)
    out_dir.mkdir(parents=True, exist_ok=True)
    html = html_environment(templates)
    with Store(store) as opened:
        model = {
            "title": title,
            "page": build_page(opened, parsed, periods, top),
            "top": top,
            "plan": _copy_plan(fix_plan, out_dir),
            "owner_file": owner_file,
            "explain": explain_command,
            "definitions": DEFINITIONS,
        }
        written = [_write(out_dir / "index.html", render_page(html, "index.html", model, templates))]
        written += _owners(html, opened, parsed, periods, out_dir, top, title, templates)
        written += write_csvs(opened, parsed, out_dir / "csv")
        written += write_parquets(opened, parsed, out_dir / "parquet")
        written += _user_reports(html, opened, model, out_dir, templates)
    written.append(_write(out_dir / "metrics.prom", metrics(parsed, periods.headline)))
    if model["plan"]:
        written.append(out_dir / _PLAN)
    return sorted(written)


def _owners(
    html: Environment,
    store: Store,
    summary: Summary,
    periods: Periods,
    out_dir: Path,
    top: int,
    title: str,
    templates: Path | None,
) -> list[Path]:
    base = {"title": title, "periods": periods, "run": summary.run, "explain": explain_command}
    return [
        _write(
            out_dir / "owners" / page.file,
            render_page(html, "owner.html", {**base, "page": page}, templates),
        )
        for page in owner_pages(store, summary, periods, top)
    ]


def _user_reports(
    html: Environment, store: Store, model: Mapping[str, object], out_dir: Path, templates: Path | None
) -> list[Path]:
    written = []
    csv = csv_environment(templates)
    for name in user_templates(templates):
        is_csv = name.endswith(".csv")
        target = out_dir / "csv" / name if is_csv else out_dir / name
        text = render_page(csv if is_csv else html, name, {**model, "view": UserViews(store).rows}, templates)
        written.append(_write(target, text))
    return written


def _copy_plan(fix_plan: Path | None, out_dir: Path) -> str | None:
    if fix_plan is None:
        return None
    target = out_dir / _PLAN
    if fix_plan.resolve() != target.resolve():
        shutil.copyfile(fix_plan, target)
    return _PLAN


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n", errors="replace")
    return path
