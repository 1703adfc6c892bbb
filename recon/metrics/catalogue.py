"""Which metrics are there? The modules of this folder whose docstring begins with a question under the fixed headings.

A metric is one file: `ID` and one public function, named like the file, over frames named like the attributes of
`Facts`. `python -m recon.metrics` writes docs/metrics.md anew.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl

HEADINGS = ("Question", "Definition", "Grain", "Reads", "Returns", "Caveats", "Example")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
_HEAD = """# Metrics

Written from the modules of `recon/metrics` by `python -m recon.metrics`; a test fails when it drifts.

Money is `DECIMAL(38,24)` in one currency and never added across currencies; a share is the ratio of two such
amounts, taken last, and null where its base is not above zero. Everything covers the store's newest 13 periods.
Tables: `coverage` and `slis` of [store.md](store.md). An indicator's `status` is `met`, `missed`, or `no-data` where it
has no value or no target. M3 has data where `incidents:` are configured, M7 where `audit_logs:` are ([evidence.md](evidence.md)); M6 where fixes were applied;
M9 where suggestions are scored or reviewed.

**KPIs of the FinOps field**: what practitioners measure, and where it stands here. A figure with a second form over what can be tagged has it under its id
and `-taggable`. Each stands once per period, so that `slis` and the report show its trend. `targets:` sets other targets.

| KPI | id | published target |
|---|---|---|
| cost that complies with the tagging policy | `policy-compliant`, `policy-compliant-taggable` | > 90 % |
| cost untagged | `untagged-cost`, `untagged-cost-taggable` | < 10 % |
| cost allocated to a known owner | `allocated-cost`, `allocated-cost-taggable` | ≥ 70 % crawl, ≥ 85 % walk, > 90 % run |
| cost unallocated | `unallocated-cost`, `unallocated-cost-taggable` | < 2 % |
| allocation accuracy index | `allocation-accuracy`, `allocation-accuracy-taggable` | |
| shared cost apportioned | `shared-apportioned` | 100 % |
| shared cost not apportioned | `shared-unapportioned` | |
| tag coverage by cost | `tag-coverage-cost`; taggable: `M1` | > 98 % |
| tag coverage by count | `tag-coverage-count`, `tag-coverage-count-taggable` | > 95 % |
| gap between count and spend | `count-spend-gap`, `count-spend-gap-taggable` | |
| aggregate compliance | `aggregate-compliance`, `aggregate-compliance-taggable` | > 90 % |
| tag quality | `tag-quality` | > 99 % |
| tag drift | `M2`, a week | < 1 % a month |
| time to remediate | `time-to-remediate`, `open-findings-age` | < 5 days |
| new-resource compliance | `new-resource-compliance` | > 99 % |
| taggable items tagged; spend untaggable | `M1`, `tag-coverage-count-taggable`; `untaggable-cost` | |
| data latency | `data-latency` | |
| improvement on the quarter before | `allocation-improvement` | |
"""


@dataclass(frozen=True)
class Metric:
    """A metric's file: `name` is that of module and function, `id` None where it is no indicator (coverage)."""

    name: str
    id: str | None
    sections: dict[str, str]
    measure: Callable[..., pl.DataFrame]

    def of(self, facts: object) -> pl.DataFrame:
        """The metric over the frames that its parameters name."""
        return self.measure(
            **{name: getattr(facts, name) for name in inspect.signature(self.measure).parameters}
        )


def metrics() -> list[Metric]:
    """All metrics by name."""
    return list(_found())


def page() -> str:
    """The whole of docs/metrics.md."""
    return "\n".join([_HEAD, *(_chapter(metric) for metric in sorted(metrics(), key=_order))])


def _found() -> Iterator[Metric]:
    folder = Path(__file__).parent
    for name in sorted(module.name for module in pkgutil.iter_modules([str(folder)])):
        if name in ("__main__", Path(__file__).stem):
            continue
        module = import_module(f"recon.metrics.{name}")
        if (module.__doc__ or "").startswith(HEADINGS[0]):
            yield Metric(name, getattr(module, "ID", None), _sections(module), _function(module, name))


def _function(module: ModuleType, name: str) -> Callable[..., pl.DataFrame]:
    function: Any = getattr(module, name)
    return function  # type: ignore[no-any-return]


def _sections(module: ModuleType) -> dict[str, str]:
    """Heading → text, lines joined; the example keeps its lines."""
    parts = re.split(
        rf"^({'|'.join(HEADINGS)})\b", inspect.cleandoc(module.__doc__ or ""), flags=re.MULTILINE
    )
    texts = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {
        name: inspect.cleandoc(text) if name == "Example" else " ".join(text.split())
        for name, text in texts.items()
    }


def _order(metric: Metric) -> tuple[bool, int, str]:
    digits = re.fullmatch(r"M(\d+)", metric.id or "")
    return metric.id is not None, int(digits[1]) if digits else 99, metric.name


def _chapter(metric: Metric) -> str:
    title = f"{metric.name} ({metric.id})" if metric.id else metric.name
    rows = [f"- **{name}:** {metric.sections[name]}" for name in HEADINGS[1:-1] if name in metric.sections]
    example = f"```python\n{metric.sections['Example']}\n```\n"
    return "\n".join([f"## {title}\n", f"{metric.sections['Question']}\n", *rows, "", example])
