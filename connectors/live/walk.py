"""How is a cloud listed in a night: which units at once, how far is it, and what could not be seen?"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest

from connectors.live.parts import Note, Parts
from recon.errors import InputError, Unreachable
from recon.hostile import shown
from recon.snapshot.listing import ACTIVATION, Activation, Lister, Listing, Unit, Unseen

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Night:
    """`mark`: whatever decides what is listed; a cut listing of another one is not gone on with."""

    mark: str
    now: datetime
    workers: int = 8
    keep: timedelta = timedelta(hours=12)
    tell: Tell = lambda line: None


def take(lister: Lister, parts: Parts, night: Night) -> Listing:
    """List every unit, several at a time, and say what could not be seen. Units that an earlier, cut listing has
    on the disk are not listed again. Raises Unreachable where not even the units can be named; then nothing of
    this source was seen."""
    began = parts.begin(night.mark, night.now, night.keep)
    units, unseen = _split(lister)
    if not units and not unseen:
        nothing = "there is nothing to list: no account, subscription or project is shown to this identity"
        unseen.append(Unseen(lister.provider, "", nothing, kind="missing"))
    notes = {unit: note for unit in units if (note := parts.note(unit)) is not None}
    if notes:
        night.tell(f"{len(notes)} of {len(units)} units were listed before it was cut off at the last start")
    progress = _Progress(lister, units, night.tell)
    for unit in notes:
        progress.done(unit, notes[unit].rows)
    left = [unit for unit in _fairly(units) if unit not in notes]
    for unit, outcome in _each(lister, parts, left, night.workers):
        if isinstance(outcome, Unseen):
            unseen.append(outcome)
        else:
            notes[unit] = outcome
            parts.done(unit, outcome)
        progress.done(unit, outcome.rows if isinstance(outcome, Note) else 0)
    told = _activations(lister)
    unseen += [u for unit in units if unit in notes for u in notes[unit].unseen]
    unseen += [a for a in told if isinstance(a, Unseen)]
    return Listing(
        observed_at=began,
        parts=tuple(parts.path(unit) for unit in units if unit in notes),
        accounts=frozenset((unit.provider, unit.account) for unit in units if unit.account and unit in notes),
        regions=frozenset((u.provider, u.account, u.region) for u in units if u.account and u.region),
        unseen=tuple(dict.fromkeys(unseen)),
        lists_untagged=all(note.untagged for note in notes.values()),
        activations=tuple(a for a in told if isinstance(a, Activation)),
        calls=dict(sorted(lister.calls.items())),
        resources=sum(note.rows for note in notes.values()),
    )


def _split(lister: Lister) -> tuple[list[Unit], list[Unseen]]:
    units: dict[str, Unit] = {}
    unseen = []
    try:
        for each in lister.units():
            if isinstance(each, Unseen):
                unseen.append(each)
            else:
                units[each.key] = each
    except (Unreachable, InputError):
        raise
    except Exception as error:
        raise Unreachable(lister.provider, _broke(error)) from error
    return [units[key] for key in sorted(units)], unseen


def _activations(lister: Lister) -> list[Activation | Unseen]:
    told: list[Activation | Unseen] = []
    try:
        told.extend(lister.activations())
    except InputError:
        raise
    except Unreachable as error:
        told.append(Unseen(lister.provider, "", error.reason, "", ACTIVATION, error.kind, error.permission))
    except Exception as error:  # noqa: BLE001
        told.append(Unseen(lister.provider, "", _broke(error), "", ACTIVATION))
    return told


def _broke(error: Exception) -> str:
    return f"its listing broke ({shown(f'{type(error).__name__}: {error}', 300)})"


def _fairly(units: list[Unit]) -> Iterator[Unit]:
    """In turn of those that share a rate limit, so that workers don't wait for one account together."""
    shares: dict[str, list[Unit]] = defaultdict(list)
    for unit in units:
        shares[unit.share].append(unit)
    for row in zip_longest(*shares.values()):
        yield from (unit for unit in row if unit is not None)


def _each(
    lister: Lister, parts: Parts, units: list[Unit], workers: int
) -> Iterator[tuple[Unit, Note | Unseen]]:
    waiting = iter(units)
    with ThreadPoolExecutor(workers, thread_name_prefix="list") as pool:
        running: dict[Future[Note | Unseen], Unit] = {}
        try:
            while True:
                while len(running) < workers and (unit := next(waiting, None)) is not None:
                    running[pool.submit(_one, lister, parts, unit)] = unit
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
        finally:
            for future in running:
                future.cancel()


def _one(lister: Lister, parts: Parts, unit: Unit) -> Note | Unseen:
    """One unit, listed to its end or unseen. An error that no lister foresaw costs this unit alone, by name."""
    try:
        rows, unseen = parts.write(unit, lister.resources(unit))
        return Note(rows, unseen, lister.lists_untagged)
    except Unreachable as error:
        return Unseen(
            unit.provider,
            unit.account,
            error.reason,
            unit.region,
            unit.type,
            kind=error.kind,
            permission=error.permission,
        )
    except Exception as error:  # noqa: BLE001  (a night must not break on one account)
        return Unseen(unit.provider, unit.account, _broke(error), unit.region, unit.type)


class _Progress:
    """A line for each account that is through, with what was found and asked so far."""

    def __init__(self, lister: Lister, units: list[Unit], tell: Tell) -> None:
        self._lister, self._tell = lister, tell
        self._left = Counter(unit.account for unit in units)
        self._accounts, self._through, self._rows = len(self._left), 0, Counter[str]()

    def done(self, unit: Unit, rows: int) -> None:
        self._left[unit.account] -= 1
        self._rows[unit.account] += rows
        if self._left[unit.account]:
            return
        self._through += 1
        who = shown(unit.account, 80) or "all accounts"
        asked = sum(self._lister.calls.values())
        self._tell(
            f"{self._lister.provider} {who}: {self._rows[unit.account]:,} resources "
            f"({self._through} of {self._accounts} accounts, {asked:,} requests so far)"
        )
