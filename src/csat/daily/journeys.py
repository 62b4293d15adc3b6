"""Journeys: an anchor and steps in order, as a company defines them in a seed; read and checked.

A journey starts with its anchor, an event that no other of its kind came before for ``quiet_days``.
Each further step is the first event of its kind after the step before it, at most ``within_days``
later. Everything is checked before anything is computed, and a mistake is one sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from csat.daily.definitions import DefinitionsSeed
from csat.engine import Engine
from csat.project import UserError

SEED = DefinitionsSeed("seeds/journey_definitions.csv", "journey", ("journey_id", "step"))
#: Kinds of events, with what their detail is called; those without one have no detail.
EVENTS: Mapping[str, str | None] = {
    "contact": "topic",
    "interruption": "kind",
    "bill": "kind",
    "late_payment": None,
    "payment": "status",
    "program": "program",
    "digital": "event type",
    "signal": "signal",
    "customer_start": None,
}
#: Kinds of events that have a channel.
WITH_CHANNEL = ("contact", "digital")
#: The longest gap between two steps, and the most steps.
MOST_DAYS, MOST_STEPS = 366, 12
_COLUMNS = (
    *("journey_id", "step", "journey_name", "step_name", "event", "detail", "channel"),
    *("quiet_days", "within_days", "is_optional"),
)


@dataclass(frozen=True)
class EventKind:
    """Events that no step tells apart."""

    event: str
    detail: str | None
    channel: str | None


@dataclass(frozen=True)
class Step:
    """One step of a journey; the first one is its anchor.

    Parameters
    ----------
    event
        Kind of event, one of ``EVENTS``.
    details, channels
        What it is about and where it happens, one of these; empty for any.
    days
        Of the anchor the days before it without another one, 0 for any; of others the most days
        after the step before.
    """

    event: str
    details: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    days: int = 0

    def has(self, kind: EventKind) -> bool:
        """Tell whether events of a kind are of this step."""
        return (
            kind.event == self.event
            and (not self.details or kind.detail in self.details)
            and (not self.channels or kind.channel in self.channels)
        )


@dataclass(frozen=True)
class Journey:
    """A journey with its steps in order, the anchor first; at least two."""

    journey_id: str
    steps: tuple[Step, ...]


def read_kinds(engine: Engine, events: str) -> tuple[EventKind, ...]:
    """Return the kinds of events that there are, in order.

    Parameters
    ----------
    engine
        Where the events are.
    events
        Relation of ``event``, ``detail``, ``channel``: the events, or their kinds.
    """
    rows = engine.collect(
        f"select distinct event, detail, channel from {events} order by event, detail, channel"
    )
    return tuple(EventKind(**row) for row in rows.to_pylist())


def read_journeys(
    engine: Engine, definitions: str, kinds: Sequence[EventKind]
) -> tuple[Journey, ...]:
    """Read the definitions and check each, in the order of their names.

    Parameters
    ----------
    engine
        Where the relations are.
    definitions
        Relation of the seed's rows.
    kinds
        What events there are, so that a definition that names something else can be refused. An
        optional one then waits.

    Raises
    ------
    UserError
        If a definition cannot be used; the sentence names its line, and says what to mend.
    """
    known = _known_values(kinds)
    journeys: dict[str, list[Step]] = {}
    names: dict[str, str] = {}
    own_names: dict[str, str] = {}
    for row in sorted(SEED.rows(engine, definitions, _COLUMNS), key=_place):
        try:
            if not row["journey_id"]:
                raise UserError("no journey_id: name it")
            own = journeys.setdefault(row["journey_id"], [])
            for column in ("journey_name", "step_name"):
                if not row[column]:
                    raise UserError(f"no {column}: name it")
            called = own_names.setdefault(row["journey_id"], row["journey_name"])
            if row["journey_name"] != called:
                raise UserError(
                    f"the journey_name {row['journey_name']}, and another step says {called}: give "
                    "all steps of a journey the same"
                )
            own.append(_checked(row, len(own), known))
            if row["journey_name"] in names and names[row["journey_name"]] != row["journey_id"]:
                other = names[row["journey_name"]]
                raise UserError(
                    f"the journey_name of {other}, {row['journey_name']}: give it one of its own"
                )
            names[row["journey_name"]] = row["journey_id"]
        except UserError as mistake:
            raise SEED.refusal(engine, row, mistake) from None
    for journey_id, own in journeys.items():
        if len(own) < 2:
            raise SEED.refusal(
                engine,
                {"journey_id": journey_id, "step": "1"},
                "only an anchor: add a step 2, for what is to follow",
            )
    return tuple(Journey(journey_id, tuple(own)) for journey_id, own in journeys.items())


def _known_values(kinds: Sequence[EventKind]) -> dict[tuple[str, str], set[str]]:
    """Return the values that there are of each kind of events and column."""
    known: dict[tuple[str, str], set[str]] = {}
    for kind in kinds:
        for column, value in (("detail", kind.detail), ("channel", kind.channel)):
            if value is not None:
                known.setdefault((kind.event, column), set()).add(value)
    return known


def _place(row: Mapping[str, str]) -> tuple:
    """Return what rows are ordered by: 10 comes after 9, and what is no number last."""
    step = row["step"]
    return row["journey_id"], not step.isdecimal(), int(step) if step.isdecimal() else 0, step


def _checked(
    row: Mapping[str, str], steps_before: int, known: Mapping[tuple[str, str], set[str]]
) -> Step:
    """Return a row as a step.

    Raises
    ------
    UserError
        If it cannot be used; what follows after "has".
    """
    _check_order(row["step"], steps_before)
    event = row["event"]
    if not event:
        raise UserError(f"no event: use one of {', '.join(EVENTS)}")
    if event not in EVENTS:
        raise UserError(
            f"{_named('event', event)}, which is none: use one of {', '.join(EVENTS)}"
            + _meant(event, EVENTS)
        )
    details, channels = (_list_of(column, row[column]) for column in ("detail", "channel"))
    if details and EVENTS[event] is None:
        raise UserError(f"a detail, and the event {event} has none: leave it empty")
    if channels and event not in WITH_CHANNEL:
        raise UserError(f"a channel, and the event {event} has none: leave it empty")
    is_anchor = steps_before == 0
    idle, counted = ("within_days", "quiet_days")[:: 1 if is_anchor else -1]
    if row[idle]:
        raise UserError(
            f"{idle}, which "
            + ("is for the steps after the anchor" if is_anchor else "is for the anchor alone")
            + ": leave it empty"
        )
    days = row[counted] or ("0" if is_anchor else "")
    if not days.isdecimal() or int(days) > MOST_DAYS or not (is_anchor or int(days)):
        raise UserError(
            f"{_named(counted, days)}: give a whole number of days from {int(not is_anchor)} to "
            f"{MOST_DAYS}"
        )
    is_optional = row["is_optional"].lower()
    if is_optional not in ("", "true", "false"):
        raise UserError(f"is_optional {is_optional}: write true or false")
    if is_optional != "true":
        for word, column, values in (
            (EVENTS[event], "detail", details),
            ("channel", "channel", channels),
        ):
            for value in values:
                there = known.get((event, column), set())
                if value not in there:
                    raise UserError(
                        f"the {word} {value}, which no {event.replace('_', ' ')} has: correct it, "
                        "or set is_optional to true to wait for it" + _meant(value, there)
                    )
    return Step(event, details, channels, int(days))


def _check_order(step: str, steps_before: int) -> None:
    """Refuse a step that is not the one after those before."""
    if not step.isdecimal():
        raise UserError(f"{_named('step', step)}: number the steps 1, 2, 3")
    number = int(step)
    if 1 <= number <= steps_before:
        raise UserError(
            f"the step {number} twice: a journey never comes back to a step, so number them 1, 2, 3"
        )
    if number != steps_before + 1:
        raise UserError(
            f"the step {number} without a step {steps_before + 1} before it: number them 1, 2, 3"
        )
    if number > MOST_STEPS:
        raise UserError(f"more than {MOST_STEPS} steps: make two journeys of it")


def _list_of(column: str, text: str) -> tuple[str, ...]:
    values = tuple(value.strip() for value in text.split(",")) if text.strip() else ()
    if not all(values):
        raise UserError(
            f"a comma too many in the {column} {text!r}: write values with one comma between, or "
            "nothing for any"
        )
    return values


def _named(column: str, value: str) -> str:
    return f"the {column} {value}" if value else f"no {column}"


def _meant(value: str, known: Iterable[str]) -> str:
    """Return the nearest of the known values as a question; nothing where none is near."""
    near = get_close_matches(value, sorted(known), n=1, cutoff=0.7)
    return f" (did you mean {near[0]}?)" if near else ""
