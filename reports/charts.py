"""How do numbers become pictures? As small inline SVG, without a library and without a request.

Every chart has a `<title>` that says what it shows, stands beside a table with the same numbers, and takes
its colours from classes of the style sheet (so light, dark and print each have their own). Bars start at
zero. Horizontal bars use percentages, not a viewBox: they stretch with the page and their patterns don't.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from markupsafe import Markup, escape

from reports.verdicts import VERDICTS, css_class
from reports.visible import visible
from reports.words import exact_sum

_WIDTH, _HEIGHT, _PAD = 120, 28, 3


@dataclass(frozen=True)
class Step:
    """One step of a waterfall: from `start` to `end`, both amounts; `style` is a CSS class."""

    start: Decimal
    end: Decimal
    style: str


@dataclass(frozen=True)
class Part:
    """One part of a stacked bar."""

    name: str
    value: Decimal
    style: str


def steps(amounts: Sequence[tuple[str, Decimal]]) -> list[Step]:
    """Consecutive steps of a waterfall from (verdict, amount): each begins where the one before ended."""
    at, found = Decimal(0), []
    for name, value in amounts:
        end = exact_sum([at, value])
        found.append(Step(at, end, css_class(name)))
        at = end
    return found


def extent(waterfall: Sequence[Step]) -> tuple[Decimal, Decimal]:
    """Lowest and highest amount that the waterfall reaches; zero is always inside."""
    edges = [Decimal(0), *(step.start for step in waterfall), *(step.end for step in waterfall)]
    return min(edges), max(edges)


def waterfall_bar(step: Step, low: Decimal, high: Decimal, title: str) -> Markup:
    """One row of the waterfall, on the scale that all its rows share; a hairline leads to the next row."""
    left, right = sorted((_percent(step.start, low, high), _percent(step.end, low, high)))
    end = _percent(step.end, low, high)
    return Markup(
        '<svg class="bar" role="img" width="100%" height="30"><title>{}</title>'
        '<line class="zero" x1="{}%" x2="{}%" y1="0" y2="30"/>'
        '<rect class="fill {}" x="{}%" y="7" width="{}%" height="16"/>{}'
        '<line class="next" x1="{}%" x2="{}%" y1="23" y2="30"/></svg>'
    ).format(
        visible(title), *[_n(_percent(Decimal(0), low, high))] * 2,
        step.style, _n(left), _n(max(right - left, 0.15)),
        _overlay(step.style, left, max(right - left, 0.15), 7, 16), _n(end), _n(end),
    )  # fmt: skip


def stacked_bar(parts: Sequence[Part], title: str) -> Markup:
    """Parts of a whole side by side; negative parts are left to the table beside it, a bar can't show
    them.
    """
    positive = [part for part in parts if part.value > 0]
    whole = exact_sum(part.value for part in positive)
    at, body = 0.0, Markup("")
    for part in positive:
        width = float(part.value / whole) * 100
        body += Markup(
            '<g><title>{}</title><rect class="fill {}" x="{}%" y="0" width="{}%" height="22"/>{}</g>'
        ).format(
            visible(part.name), part.style, _n(at), _n(width), _overlay(part.style, at, width, 0, 22)
        )  # fmt: skip
        at += width
    return Markup(
        '<svg class="bar stack" role="img" width="100%" height="22"><title>{}</title>{}</svg>'
    ).format(visible(title), body)


def sparkline(values: Sequence[Decimal | None], title: str) -> Markup:
    """A trend in a word's height, oldest first, the last value marked; a None breaks the line."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    low, high = min(0.0, *known), max(0.0, *known)
    points = [
        None if value is None else _point(place, len(values), float(value), low, high)
        for place, value in enumerate(values)
    ]
    last = next(point for point in reversed(points) if point is not None)
    return Markup(
        '<svg class="spark" role="img" width="{}" height="{}"><title>{}</title><path d="{}"/>'
        '<circle cx="{}" cy="{}" r="2.5"/></svg>'
    ).format(_WIDTH, _HEIGHT, visible(title), _path(points), _n(last[0]), _n(last[1]))


def heat_class(value: Decimal | float | None) -> str:
    """Class of a heat table's cell: six steps of one hue, and one for what is not known."""
    if value is None:
        return "heat heat-none"
    edges = (0.25, 0.5, 0.75, 0.9, 0.95)
    return f"heat heat-{sum(float(value) >= edge for edge in edges)}"


def patterns() -> Markup:
    """The hatches that tell verdicts of one hue apart; once per page, referred to by id."""
    shapes = {
        "stripes": '<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"/>',
        "dots": '<circle cx="4" cy="4" r="1.6"/>',
    }
    body = "".join(
        f'<pattern id="p-{name}" width="8" height="8" patternUnits="userSpaceOnUse">{shape}</pattern>'
        for name, shape in shapes.items()
    )
    return Markup(f'<svg class="defs" width="0" height="0" aria-hidden="true"><defs>{body}</defs></svg>')


PATTERNED = {
    "v-lagging": "dots", "v-tagged-late": "stripes", "v-not-activated": "stripes", "v-not-billed": "dots",
    "v-untagged": "stripes", "v-unknown-resource": "stripes", "v-deleted": "dots", "v-untaggable": "stripes",
    "v-unknown": "dots", "p-unallocated": "stripes",
}  # fmt: skip


def swatch(style: str) -> Markup:
    """The little square that carries a verdict's colour and pattern beside its name."""
    return Markup(
        '<svg class="swatch" width="12" height="12" aria-hidden="true">'
        '<rect class="fill {}" width="12" height="12"/>{}</svg>'
    ).format(
        style,
        Markup('<rect fill="url(#p-{})" width="12" height="12"/>').format(PATTERNED[style])
        if style in PATTERNED
        else "",
    )


def verdict_swatches() -> dict[str, Markup]:
    """Swatch per verdict name."""
    return {verdict.name: swatch(css_class(verdict.name)) for verdict in VERDICTS}


def _overlay(style: str, x: float, width: float, y: int, height: int) -> Markup:
    if style not in PATTERNED:
        return Markup("")
    return Markup('<rect fill="url(#p-{})" x="{}%" y="{}" width="{}%" height="{}"/>').format(
        PATTERNED[style], _n(x), y, _n(width), height
    )


def _percent(value: Decimal, low: Decimal, high: Decimal) -> float:
    return float((value - low) / (high - low)) * 100 if high > low else 0.0


def _point(place: int, points: int, value: float, low: float, high: float) -> tuple[float, float]:
    x = _PAD + place * (_WIDTH - 2 * _PAD) / max(points - 1, 1)
    y = _HEIGHT - _PAD - (value - low) / ((high - low) or 1.0) * (_HEIGHT - 2 * _PAD)
    return x, y


def _path(points: Sequence[tuple[float, float] | None]) -> Markup:
    drawn, pen_down = [], False
    for point in points:
        if point is not None:
            drawn.append(f"{'L' if pen_down else 'M'}{_n(point[0])},{_n(point[1])}")
        pen_down = point is not None
    return escape(" ".join(drawn))


def _n(number: float) -> str:
    # Two fixed decimals: the same text on every machine.
    return f"{number:.2f}"
