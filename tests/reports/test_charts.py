"""Charts are harmless, titled and to scale."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

from reports import charts
from reports.verdicts import VERDICTS, css_class


def test_a_title_made_of_markup_stays_text() -> None:
    svg = charts.sparkline([Decimal(1), Decimal(2)], "<script>x</script>")
    assert "<script>" not in svg
    assert ET.fromstring(svg).findtext("title") == "<script>x</script>"


def test_waterfall_steps_begin_where_the_one_before_ended() -> None:
    found = charts.steps([("ok", Decimal(70)), ("shared", Decimal(-10)), ("untagged", Decimal(40))])
    assert [(s.start, s.end) for s in found] == [(0, 70), (70, 60), (60, 100)]


def test_a_credit_steps_back_and_stays_on_the_chart() -> None:
    found = charts.steps([("ok", Decimal(10)), ("shared", Decimal(-30))])
    low, high = charts.extent(found)
    bar = charts.waterfall_bar(found[1], low, high, "shared")
    assert (low, high) == (-20, 10)
    assert 'x="0.00%" y="7" width="100.00%"' in bar


def test_a_stacked_bar_fills_its_width() -> None:
    parts = [charts.Part(str(n), Decimal(n), "v-ok") for n in (1, 2, 3)]
    widths = re.findall(r'width="([0-9.]+)%" height="22"/>', charts.stacked_bar(parts, "t"))
    assert abs(sum(map(float, widths)) - 100) < 0.05


def test_a_gap_breaks_the_line_of_a_trend() -> None:
    svg = charts.sparkline([Decimal(1), None, Decimal(2), Decimal(3)], "t")
    assert svg.count("M") == 2


def test_a_single_value_is_no_trend() -> None:
    assert charts.sparkline([Decimal(1)], "t") == ""


def test_no_two_verdicts_share_hue_and_pattern() -> None:
    css = Path(charts.__file__).with_name("templates").joinpath("style.css").read_text(encoding="utf-8")
    looks = set()
    for verdict in VERDICTS:
        name = css_class(verdict.name)
        rule = re.search(rf"\.{name}\b[^{{}}]*{{ fill: var\((--[a-z]+)\)", css)
        assert rule, name
        looks.add((rule[1], charts.PATTERNED.get(name)))
    assert len(looks) == len(VERDICTS)


def test_an_unknown_verdict_gets_no_style_of_its_own_making() -> None:
    assert css_class('x" onload="alert(1)') == "v-unknown"


def test_a_share_that_is_not_known_is_not_the_coldest_heat() -> None:
    assert charts.heat_class(None) != charts.heat_class(Decimal(0))
