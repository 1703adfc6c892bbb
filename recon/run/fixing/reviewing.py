"""How is the review queue read, exported, decided on and measured: store, log and registry brought together?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from recon.errors import InputError, InputErrors
from recon.fix.anew import actions_now, suggestions_now
from recon.fix.approvals import may
from recon.fix.log import News
from recon.hostile import shown
from recon.registry import in_force
from recon.review.agreement import Agreement, agreements
from recon.review.answers import Answer, read_answers
from recon.review.deciding import Bench, Word, decide
from recon.review.decision import Decision, decisions
from recon.review.matters import Matter, matters
from recon.review.queue import Candidate, Item, items, waiting
from recon.review.sheet import COLUMNS, row, yaml_text
from recon.run.fixing.deciding_anew import anew_of
from recon.run.fixing.desk import Desk
from recon.run.sensitive import masker_of
from recon.store.masking import Masker, save_masker
from recon.store.store import locked
from reports.csv_tables import safe_text, write_csv


@dataclass(frozen=True)
class Queue:
    """`waiting`: what still needs somebody, ranked; `all`: every open proposal; `matters`: action id → how it stands."""

    waiting: Sequence[Item]
    all: Mapping[str, Item] = field(repr=False)
    matters: Mapping[str, Matter] = field(repr=False)
    found: Sequence[Decision] = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """Of the queue only what this person (`by`) may decide on, of this currency, these keys, verdicts, owners (globs); `adjudicate`: only
    what two reviewers differ on."""

    by: str = ""
    currency: str = ""
    adjudicate: bool = False
    keys: tuple[str, ...] = ()
    verdicts: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()

    def lets(self, item: Item) -> bool:
        pairs = ((item.key, self.keys), (item.verdict, self.verdicts), (item.owner or "", self.owners))
        fits = all(
            not globs or any(fnmatchcase(t.casefold(), g.casefold()) for g in globs) for t, globs in pairs
        )
        return fits and self.currency in ("", item.currency)


def queue_of(desk: Desk, wanted: Wanted | None = None) -> Queue:
    """The queue as the published store and the log of now make it. Raises InputError for a currency that no suggestion has."""
    only = wanted or Wanted()
    events = desk.events()
    rules = in_force(desk.registry, desk.now.date())
    with desk.store() as con:
        anew = anew_of(con, desk.cfg, desk.registry, desk.masker, desk.now, events)
        found = items(actions_now(con, anew), suggestions_now(con, anew), rules)
    said = decisions(events)
    known = matters(said, desk.registry, desk.now.date().isoformat())
    names = sorted({item.currency for item in found if item.currency})
    if only.currency and only.currency not in names:
        raise InputError(f"--currency: no suggestion is priced in it; there are {', '.join(names) or 'none'}")
    rows = [item for item in waiting(found, known, only.by, only.adjudicate) if only.lets(item)]
    return Queue(rows, {item.id: item for item in found}, known, said)


def export(desk: Desk, to: Path, queue: Queue) -> int:
    """Write what waits into a file, CSV or YAML by its ending, readable by its owner only; the number of rows."""
    rows = [row(n, item, queue.matters.get(item.id)) for n, item in enumerate(queue.waiting, 1)]
    kind = to.suffix.casefold()
    if kind not in (".csv", ".yaml", ".yml"):
        raise InputError(f"--export {to.name}: the file ends with .csv or .yaml")
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.is_symlink():
        raise InputError(f"--export {to.name}: is a link; name a file")
    to.unlink(missing_ok=True)  # one that is there may be readable by others
    to.touch(mode=0o600)
    if kind == ".csv":
        write_csv(to, COLUMNS, ([cells[name] for name in COLUMNS] for cells in rows))
    else:
        to.write_text(yaml_text(rows), encoding="utf-8", newline="\n")
    return len(rows)


def take_answers(desk: Desk, path: Path, by: str, adjudicate: bool = False) -> tuple[int, int]:
    """Take the decisions of a file into the log: (new ones, those that were known). All or nothing. Raises InputErrors: all that is wrong,
    with file and line."""
    may("review", desk.cfg.fix.roles.review, by)
    answers = read_answers(path)
    queue = queue_of(desk)
    bench = bench_of(desk, queue, by, adjudicate)
    news, wrongs = list[News](), list[InputError]()
    for answer in answers:
        try:
            said = _answered(bench, queue, answer)
        except InputError as wrong:
            wrongs.append(InputError(str(wrong), answer.where))
        else:
            news += [said] if said else []
    if wrongs:
        raise InputErrors(wrongs)
    _write(desk, bench, news)
    return len(news), len(answers) - len(news)


def say(desk: Desk, item: Item, by: str, word: Word, adjudicate: bool = False) -> bool:
    """One decision, into the log at once; False where it was known. Raises InputError where it may not be said, or not any more."""
    may("review", desk.cfg.fix.roles.review, by)
    said = decisions(desk.events())
    known = matters(said, desk.registry, desk.now.date().isoformat())
    bench = bench_of(desk, Queue([item], {item.id: item}, known, said), by, adjudicate)
    news = decide(bench, item, word)
    _write(desk, bench, [news] if news else [])
    return news is not None


@dataclass(frozen=True)
class Stats:
    """`decisions`: (reviewer, decision) → how many; `states`: how the matters stand; `agreements`: of each pair of reviewers."""

    decisions: Mapping[tuple[str, str], int]
    states: Mapping[str, int]
    agreements: Sequence[Agreement]


def stats_of(desk: Desk) -> Stats:
    """What reviewers did so far, from the log alone."""
    said = decisions(desk.events())
    known = matters(said, desk.registry, desk.now.date().isoformat())
    counts = Counter((each.by, "adjudicate" if each.adjudicates else each.kind) for each in said)
    states = Counter("rejected" if _rejected(m) else m.state for m in known.values())
    return Stats(dict(sorted(counts.items())), dict(sorted(states.items())), agreements(said))


def _rejected(matter: Matter) -> bool:
    return matter.state == "open" and matter.settled is not None


def bench_of(desk: Desk, queue: Queue, by: str, adjudicate: bool) -> Bench:
    """Where a reviewer's words are checked."""
    rules = in_force(desk.registry, desk.now.date())
    masker = desk.masker

    def publish(provider: str, key: str, value: str) -> str:
        known = desk.registry.keys.get(key)
        hidden = known is not None and known.sensitivity in ("personal", "secret")
        return masker.token(value) if hidden or masker.hides(key, value) else value

    return Bench(by, rules, desk.now.date(), queue.matters, masker.raw, publish, adjudicate)


def _answered(bench: Bench, queue: Queue, answer: Answer) -> News | None:
    own = queue.all.get(answer.action)
    matter = queue.matters.get(answer.action)
    mine = matter is not None and bench.by in matter.last
    if own is None and mine and matter is not None:
        own = _from_decision(matter.last[bench.by])
    if own is None:
        raise InputError(
            f"no suggestion that is still open has the action {shown(answer.action, 40)}: it was mended since, or mistyped; "
            "export the queue again"
        )
    stands = safe_text(own.suggested) if answer.guarded else own.suggested
    if not mine and stands != answer.suggested:
        raise InputError(
            "the suggestion has changed since the export; export the queue again and look at it anew"
        )
    return decide(bench, own, answer.word)


def _from_decision(each: Decision) -> Item:
    """An item that is not proposed any more, because this reviewer rejected it: who changes their mind can still say so."""
    candidates = tuple(
        Candidate(
            str(s["signal"]), str(s["version"]), str(s["value"]), float(s["confidence"]), "on", None, ""
        )
        for s in each.suggested
    )
    return Item(
        each.action, each.provider_id, each.account_id, each.resource_id, each.key, "", "review", "", each.value, 0.0, candidates,
        before=each.before,
    )  # fmt: skip


def _write(desk: Desk, bench: Bench, news: Sequence[News]) -> None:
    marks = {str(each.detail["value"]) for each in news if each.detail["value"]} & set(desk.masker.values)
    if marks:
        _keep(desk, marks)
    desk.log.append(news, desk.clock())


def _keep(desk: Desk, marks: set[str]) -> None:
    """Keep what stands behind marks of corrected values, before the log speaks of them; a run would else write over it."""
    known: Masker = masker_of(desk.cfg, desk.paths, desk.registry)
    if marks <= set(known.values):
        return
    with locked(desk.paths):
        fresh = masker_of(desk.cfg, desk.paths, desk.registry)
        fresh.values.update({mark: desk.masker.values[mark] for mark in sorted(marks)})
        save_masker(desk.paths.private, fresh)


def as_json(queue: Queue) -> list[dict[str, Any]]:
    """The queue for programs: everything of each item."""
    rows = []
    for n, item in enumerate(queue.waiting, 1):
        cells = row(n, item, queue.matters.get(item.id))
        rows.append({
            "rank": n, "action": item.id, "provider": item.provider_id, "account": item.account_id, "resource": item.resource_id,
            "key": item.key, "verdict": item.verdict, "value": item.value, "confidence": item.confidence,
            "conflict": item.conflict, "owner": item.owner, "currency": item.currency, "billed_cost": _plain(item.billed),
            "effective_cost": _plain(item.effective), "priority": _plain(cells["priority"]), "waits_for": cells["waits_for"],
            "tags": item.tags,
            "candidates": [
                {
                    "signal": c.signal, "version": c.version, "value": c.value, "confidence": c.confidence, "mode": c.mode,
                    "state": c.state, "evidence": c.evidence,
                }
                for c in item.candidates
            ],
        })  # fmt: skip
    return rows


def _plain(amount: Any) -> str | None:
    if amount is None:
        return None
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
