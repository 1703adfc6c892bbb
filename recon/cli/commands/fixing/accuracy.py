"""How good are the signals of suggestions on this estate?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from recon.cli import options
from recon.cli.commands.fixing.common import desk_of
from recon.cli.conclusion import echo_json
from recon.cli.door import door
from recon.errors import Exit, InputError

if TYPE_CHECKING:
    import duckdb

Way = Literal["single", "grouped"]
_SCORES = """
SELECT key, signal, signal_version, basis, asked, made, correct, precision, recall, least, state, mode FROM signal_scores
WHERE ($key IS NULL OR key = $key) AND ($signal IS NULL OR signal = $signal) AND ($way IS NULL OR basis = $way)
ORDER BY key, signal, signal_version, basis"""
_CURVE = """
SELECT signal, signal_version, way, low, high, made, correct, expected FROM signal_curve
WHERE ($signal IS NULL OR signal = $signal) AND ($way IS NULL OR way = $way) ORDER BY ALL"""


@door
def accuracy(
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Only this registry key; left out: all.")
    ] = None,
    signal: Annotated[
        str | None, typer.Option("--signal", metavar="NAME", help="Only this signal; left out: all.")
    ] = None,
    way: Annotated[
        Way | None, typer.Option("--way", help="Only this way of hiding tags; left out: both, and reviews.")
    ] = None,
    config: options.Config = options.DEFAULT_CONFIG,
    store: options.Store = None,
    now: options.Now = None,
    as_json: options.Json = False,
) -> int:
    """How often each signal was right about tags that were hidden from it, and about what people decided.

    Reads the published store; the job scores anew whenever tags, rules or signals have changed."""
    from recon.suggest.signals_found import all_signals

    names = sorted(each.name for each in all_signals())
    if signal is not None and signal not in names:
        raise InputError(f"--signal: there is no such signal; there are {', '.join(names)}")
    desk = desk_of(config, store, now, lambda line: None)
    with desk.store() as con:
        scores = list(_rows(con, _SCORES, key=key, signal=signal, way=way))
        curve = list(_rows(con, _CURVE, signal=signal, way=way))
    if as_json:
        echo_json(
            {
                "schema": "tagrecon.fix/1",
                "scores": scores,
                "curve": curve,
                "calibration_error": _errors(curve),
            }
        )
    else:
        _print(scores, curve)
    return Exit.DONE


def _rows(con: duckdb.DuckDBPyConnection, sql: str, **asked: str | None) -> Iterator[dict[str, Any]]:
    found = con.execute(sql, asked)
    names = [column[0] for column in found.description or ()]
    for row in found.fetchall():
        yield dict(zip(names, row, strict=True))


def _errors(curve: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Per signal and way the mean distance between what confidences promised and what was right."""
    sums: dict[tuple[str, str], tuple[float, int]] = {}
    for row in curve:
        off, made = sums.get((row["signal"], row["way"]), (0.0, 0))
        step = abs(row["expected"] * row["made"] - row["correct"])
        sums[row["signal"], row["way"]] = (off + step, made + row["made"])
    return [
        {"signal": signal, "way": way, "made": made, "error": round(off / made, 4)}
        for (signal, way), (off, made) in sums.items()
    ]


def _print(scores: list[dict[str, Any]], curve: list[dict[str, Any]]) -> None:
    from recon.cli.paper import cell, console, table

    out = console()
    said = [row for row in scores if row["made"]]
    rows = [
        (
            cell(row["key"] or "all keys", limit=40), row["signal"], row["basis"], str(row["asked"]), str(row["made"]), str(row["correct"]),
            _share(row["precision"]), _share(row["recall"]), _share(row["least"]), row["state"], row["mode"],
        )
        for row in said
    ]  # fmt: skip
    head = ("Key", "Signal", "Basis", "Asked", "Made", "Correct", "Precision", "Recall", "Least", "State", "Mode")  # fmt: skip
    out.print(table("How often signals were right", head, rows, right=head[3:9]))
    silent = sorted({row["signal"] for row in scores} - {row["signal"] for row in said})
    if silent:
        out.print(cell(f"Nothing was said by {', '.join(silent)}: not measured.", "dim"))
    steps = [
        (
            row["signal"], row["way"], f"{row['low']:.1f}–{row['high']:.1f}", str(row["made"]), _share(row["expected"]),
            _share(row["correct"] / row["made"]),
        )
        for row in curve
    ]  # fmt: skip
    if steps:
        names = ("Signal", "Way", "Confidence", "Made", "Promised", "Right")
        out.print(table("Calibration: what was promised, and what was right", names, steps, right=names[3:]))
        told = [
            f"{each['signal']} {each['way']} {each['error']:.3f} of {each['made']}" for each in _errors(curve)
        ]
        out.print(cell(f"Mean distance of promise and outcome: {', '.join(told)}"))


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"
