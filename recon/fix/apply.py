"""How are approved changes made, so that nothing else is lost and every one can be undone?

Per batch: re-read, compare, journal, one call, journal. What was changed by somebody else is refused; a first few are applied and
looked at before the rest; where too much fails, the rest is left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from recon.fix.history import FINAL, UNDONE, Effect
from recon.fix.limits import refusal
from recon.fix.log import News
from recon.fix.order import FAILURES, Hands, Order, Outcome, detail_of, note
from recon.fix.planned import Action
from recon.fix.standing import Raw, Standing, edit_of, standing, unknown_values
from recon.fix.writing import Done, Edit, Failed, Seen, Target, Writer

_TOLD = 25  # calls between two lines of progress
_ROUNDS = 8  # times that a batch is tried while it is throttled
_FIRST = 10  # attempts before the ratio of failures is looked at


def carry_out(
    actions: Sequence[Action], order: Order, hands: Hands, known: Mapping[str, Effect]
) -> list[Outcome]:
    """The outcome of every action, in the order of `actions`. `known`: what the log says of them under this plan, by action id.

    What a kill left unclear is read and recorded first; what is final is not sent again.
    """
    found: dict[str, Outcome] = {}
    waiting = []
    for action in actions:
        effect = known.get(action.id)
        if effect is None:
            continue
        if (effect.undo if order.undo else effect.state) == "sent":
            waiting.append(action)
        elif said := _done_before(effect, order.undo):
            found[action.id] = Outcome(action, *said)
    found |= {o.action.id: o for o in settled(waiting, order, hands)}
    rest = [a for a in actions if a.id not in found]
    for provider in sorted({a.target.provider_id for a in rest}):
        mine = [a for a in rest if a.target.provider_id == provider]
        for outcome in _of_provider(provider, mine, order, hands):
            found[outcome.action.id] = outcome
    return [found[action.id] for action in actions]


def _done_before(effect: Effect, undo: bool) -> tuple[str, str] | None:
    """What is final of an action under this plan; None where it may be tried (again), under all guards."""
    if undo:
        return ("already", "it was rolled back before") if effect.undo in UNDONE else None
    if effect.undo in UNDONE:
        return "skipped", "it was rolled back; a new plan proposes it again"
    if effect.state not in FINAL:
        return None
    return ("already", "done before") if effect.stands else (effect.state, effect.reason)


def settled(actions: Sequence[Action], order: Order, hands: Hands) -> Iterator[Outcome]:
    """What became of changes that were sent before a kill: read, recorded as it is, and never sent again under this plan."""
    for action in actions:
        writer = hands.writers.get(action.target.provider_id)
        seen = writer.read([action.target])[action.target] if writer else Failed("unsupported", "no writer")
        if isinstance(seen, Failed):
            yield Outcome(action, "sent", f"how it ended can't be seen yet: {seen.reason}", seen.permission)
            continue
        stand = standing(action, seen.tags, hands.raw)
        if stand.stand == "after":
            outcome = Outcome(action, "applied", "found so after an interruption")
        else:
            why = f"it was cut off {_short_of(action, stand)}; the next plan proposes what is left of it"
            outcome = Outcome(action, "interrupted", why)
        if order.write:
            note(order, hands, [outcome])
        yield outcome


def _of_provider(provider: str, actions: list[Action], order: Order, hands: Hands) -> Iterator[Outcome]:
    writer = hands.writers.get(provider)
    why = order.frozen.get(provider, "")
    if why or writer is None:
        said = (
            ("skipped", why)
            if why
            else ("unsupported", f"writing to {provider} is not set up (fix.{provider})")
        )
        for action in actions:
            yield Outcome(action, *said)
        return
    canary = actions[: order.canary] if order.write and len(actions) > order.canary else []
    tally: Counter[str] = Counter()
    if canary:
        tried = list(_batches(writer, canary, order, hands, tally))
        yield from tried
        bad = _bad_canary(writer, tried, hands)
        if bad:
            for action in actions[len(canary) :]:
                yield Outcome(action, "skipped", bad)
            return
    yield from _batches(writer, actions[len(canary) :], order, hands, tally)


def _bad_canary(writer: Writer, tried: Sequence[Outcome], hands: Hands) -> str | None:
    """Why the rest must not follow the first few; None where they went well and still stand."""
    failed = sum(each.outcome in FAILURES for each in tried)
    if failed:
        return f"{failed} of the first {len(tried)} actions failed; mend that, then apply again"
    applied = [each.action for each in tried if each.outcome == "applied"]
    seen = writer.read([action.target for action in applied]) if applied else {}
    for action in applied:
        now = seen[action.target]
        if isinstance(now, Failed) or standing(action, now.tags, hands.raw).stand != "after":
            return f"of the first {len(tried)} actions some did not last; tagrecon fix verify shows which"
    if applied:
        hands.tell(f"{writer.provider}: the first {len(applied)} changes hold")
    return None


def _batches(
    writer: Writer, actions: Sequence[Action], order: Order, hands: Hands, tally: Counter[str]
) -> Iterator[Outcome]:
    """One batch after the other, until too much fails."""
    pairs: dict[int, Action] = {}
    edits = []
    for action in actions:
        refused = _refused(writer, action, hands.raw)
        if refused is not None:
            tally[refused.outcome] += 1
            if order.write:
                note(order, hands, [refused])
            yield refused
            continue
        edit = edit_of(action, action.changes, hands.raw)
        pairs[id(edit)] = action
        edits.append(edit)
    groups = writer.batches(edits)
    for n, group in enumerate(groups):
        broken = _broken(tally, order) or (order.stops() if order.write else "")
        if broken:
            for edit in (e for later in groups[n:] for e in later):
                yield Outcome(pairs[id(edit)], "skipped", broken)
            return
        for outcome in _until_taken(writer, [(pairs[id(e)], e) for e in group], order, hands):
            tally[outcome.outcome] += 1
            yield outcome
        if n + 1 == len(groups) or (n + 1) % _TOLD == 0:
            hands.tell(f"{writer.provider}: {n + 1} of {len(groups)} calls")


def _refused(writer: Writer, action: Action, raw: Raw) -> Outcome | None:
    if unknown_values(action, raw):
        return Outcome(action, "rejected", "the value behind the mark is not known on this machine")
    why = writer.refuses(action.target)
    return Outcome(action, "unsupported", why) if why else None


def _broken(tally: Counter[str], order: Order) -> str | None:
    tried, failed = sum(tally.values()), sum(tally[name] for name in FAILURES)
    if tried >= _FIRST and failed > order.failure_ratio * tried:
        return f"stopped: {failed} of {tried} actions failed, more than fix.failure_ratio allows"
    return None


def _until_taken(
    writer: Writer, group: Sequence[tuple[Action, Edit]], order: Order, hands: Hands
) -> Iterator[Outcome]:
    """A batch, and again what was throttled: read anew each time, because a wait lies in between; the reading waits."""
    for left in reversed(range(_ROUNDS)):
        outcomes = _batch(writer, group, order, hands)
        again = {o.action.id for o in outcomes if o.outcome == "throttled" and left and order.write}
        yield from (o for o in outcomes if o.action.id not in again)
        if not again:
            return
        group = [(action, edit) for action, edit in group if action.id in again]


def _batch(writer: Writer, group: Sequence[tuple[Action, Edit]], order: Order, hands: Hands) -> list[Outcome]:
    found: list[Outcome] = []
    ready: list[tuple[Action, Edit, Seen]] = []
    read_at = hands.clock()  # from here on a change of somebody else would be overwritten unseen
    seen = writer.read([action.target for action, _ in group])
    for action, edit in group:
        now = seen[action.target]
        outcome = _looked(action, now, hands.raw)
        if outcome is None:
            assert isinstance(now, Seen)
            left = standing(action, now.tags, hands.raw).left
            ready.append(
                (action, edit if len(left) == len(action.changes) else edit_of(action, left, hands.raw), now)
            )
        else:
            found.append(outcome)
    if not order.write:
        return [*found, *(Outcome(action, "would-apply") for action, _, _ in ready)]
    if ready:
        hands.log.append(
            [
                News(
                    order.by,
                    "send",
                    a.target.resource_id,
                    detail_of(
                        order, a, actor=writer.actor_in(a.target.account_id), read_at=read_at.isoformat()
                    ),
                )
                for a, _, _ in ready
            ],
            hands.clock(),
        )
        said = writer.write([(edit, now) for _, edit, now in ready])
        found += _written(writer, [a for a, _, _ in ready], said, hands)
    requests = (
        {
            a.id: done.request
            for a, _, _ in ready
            if isinstance(done := said.get(a.target), Done) and done.request
        }
        if ready
        else {}
    )
    note(order, hands, found, requests)
    return found


def _looked(action: Action, now: Seen | Failed, raw: Raw) -> Outcome | None:
    """Why it is not written after the re-read; None where it is to be."""
    if isinstance(now, Failed):
        return Outcome(action, now.kind, now.reason, now.permission)
    stand = standing(action, now.tags, raw)
    if stand.stand == "after":
        return Outcome(action, "already", "the resource says so already")
    if stand.stand == "other":
        return Outcome(
            action, "changed", "somebody has changed it since the plan was made; nothing was written"
        )
    put = edit_of(action, stand.left, raw).put
    limit = None if action.activates else refusal(action.target.provider_id, now.tags, put)
    return Outcome(action, "over-limit", limit) if limit else None


def _written(
    writer: Writer, actions: Sequence[Action], said: Mapping[Target, Done | Failed], hands: Hands
) -> list[Outcome]:
    found, unclear = [], []
    for action in actions:
        done = said.get(action.target, Failed("unreachable", "the cloud said nothing of it"))
        if isinstance(done, Done):
            found.append(Outcome(action, "applied"))
        elif done.kind == "unreachable":
            unclear.append((action, done))
        else:
            found.append(Outcome(action, done.kind, done.reason, done.permission))
    if unclear:  # whether it took effect only the resource can say
        seen = writer.read([action.target for action, _ in unclear])
        for action, done in unclear:
            now = seen[action.target]
            if isinstance(now, Failed):
                found.append(Outcome(action, "sent", f"{done.reason}; how it ended can't be seen yet"))
                continue
            stand = standing(action, now.tags, hands.raw)
            if stand.stand == "after":
                found.append(Outcome(action, "applied", f"found so, though {done.reason}"))
            else:
                why = f"{done.reason}; it was cut off {_short_of(action, stand)}"
                found.append(Outcome(action, "interrupted", why))
    return found


def _short_of(action: Action, stand: Standing) -> str:
    """What a resource shows of a change that did not take effect as a whole."""
    if stand.stand == "other":
        return "and somebody else has changed it since"
    done = len(action.changes) - len(stand.left)
    return "and did not take effect" if not done else f"after {done} of its {len(action.changes)} keys"
