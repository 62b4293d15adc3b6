"""Who took which step of which journey when: the engine sorts the events, numpy follows them.

The events that steps can be come sorted by customer and time, some customers at a time, each as a
number of its kind. The first event of a step after another is then found by a binary search, for
all customers at once; windows in the engine would sort the log again for each step of each journey.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from csat.daily.journeys import EventKind, Journey, Step, read_journeys, read_kinds
from csat.daily.parts import parts_of_customers
from csat.engine import Engine, quote

#: One row per step that was taken; ``step`` is 1 for the anchor.
STEPS_SCHEMA = pa.schema(
    [
        ("journey_id", pa.string()),
        ("customer_id", pa.string()),
        ("started_at", pa.timestamp("us")),
        ("step", pa.int64()),
        ("reached_at", pa.timestamp("us")),
    ]
)
#: Customers whose events are sorted at once: enough to be worth a query, few enough to fit into a
#: gigabyte.
CUSTOMERS_AT_ONCE = 200_000
_DAY = 24 * 60 * 60 * 1_000_000


def find_steps(
    engine: Engine,
    *,
    definitions: str,
    kinds: str,
    events: str,
    customers: str,
    as_of: str,
    days: int,
) -> object:
    """Read the journeys, and find the steps of those that started in the last days.

    Parameters
    ----------
    engine
        Where the relations are.
    definitions, kinds, events
        Relations of the seed's rows, of the kinds of events that there have ever been, and of the
        events; see ``read_journeys``, ``read_kinds``, ``steps_taken``.
    customers
        Relation of ``customer_id``, with about as many rows as there are customers.
    as_of
        Relation of ``as_of_date``, the last of the days.
    days
        How many.

    Raises
    ------
    UserError
        If a definition cannot be used.
    """
    known = read_kinds(engine, kinds)
    journeys = read_journeys(engine, definitions, known)
    (last_day,) = engine.collect(f"select min(as_of_date) as day from {as_of} as as_of")[
        "day"
    ].to_pylist()
    first_day = datetime.combine(last_day, time()) - timedelta(days=days - 1)
    parts = parts_of_customers(engine, customers, CUSTOMERS_AT_ONCE)
    return steps_taken(engine, journeys, known, events, first_day, parts)


def steps_taken(
    engine: Engine,
    journeys: Sequence[Journey],
    kinds: Sequence[EventKind],
    events: str,
    first_moment: datetime,
    parts: Sequence[str] = ("true",),
) -> object:
    """Return the steps that customers have taken, lazily.

    A customer's journeys of one kind are told apart by their anchors. Several events of the same
    moment are one. The first event after the step before is the step: with gaps d_k,

        t_k = min {t of an event of step k: t_(k-1) < t <= t_(k-1) + d_k}.

    Parameters
    ----------
    engine
        Where the events are.
    journeys
        What to look for.
    kinds
        All kinds of events that there are, or have been.
    events
        Relation of ``customer_id``, ``event``, ``detail``, ``channel``, ``occurred_at``; read
        once for each part.
    first_moment
        Journeys that started earlier are left out.
    parts
        Conditions on ``customer_id`` that split all customers, of whom one part is sorted at once.

    Returns
    -------
    object
        ``STEPS_SCHEMA``, as ``Engine.mapped`` returns it.
    """
    steps = {step for journey in journeys for step in journey.steps}
    wanted = [kind for kind in kinds if any(step.has(kind) for step in steps)]
    numbers = {
        step: tuple(number for number, kind in enumerate(wanted) if step.has(kind))
        for step in steps
    }
    first = np.datetime64(first_moment, "us").astype(np.int64)
    followed = partial(_steps_of, journeys, numbers, first)
    return engine.mapped(
        [(_log_query(wanted, events, part), followed) for part in parts if wanted],
        STEPS_SCHEMA,
        together="customer_id",
        order=("customer_id", "occurred_at"),
    )


def _steps_of(
    journeys: Sequence[Journey],
    numbers: Mapping[Step, tuple[int, ...]],
    first: np.int64,
    batches: Iterable[pa.RecordBatch],
) -> Iterator[pa.RecordBatch]:
    """Yield the steps that whole customers have taken, whose events come in order."""
    for log in _logs(batches):
        for journey in journeys:
            yield from _follow(log, journey, numbers, first)


@dataclass(frozen=True, eq=False)
class _Log:
    """All events of some customers, sorted by customer and time.

    ``customers`` and ``times`` (microseconds since 1970) are those of M moments; ``customer`` (M,)
    is a number per customer; ``moment`` and ``kind`` (n,) are the events' own.
    """

    customers: pa.Array
    times: np.ndarray
    customer: np.ndarray
    moment: np.ndarray
    kind: np.ndarray
    _found: dict[tuple[int, ...], np.ndarray] = field(default_factory=dict)

    def of(self, kinds: tuple[int, ...]) -> np.ndarray:
        """Return the moments, in order, at which an event of these kinds happened."""
        # Many steps of journeys ask for the same kinds.
        if kinds not in self._found:
            moments = self.moment[np.isin(self.kind, kinds)]
            self._found[kinds] = moments[np.diff(moments, prepend=-1) > 0]
        return self._found[kinds]


def _log_query(kinds: Sequence[EventKind], events: str, part: str) -> str:
    """Return a query of the events of the kinds, of some customers."""
    numbered = ", ".join(
        f"({', '.join(quote(value or '') for value in (kind.event, kind.detail, kind.channel))}, "
        f"{number})"
        for number, kind in enumerate(kinds)
    )
    return (
        "select events.customer_id, events.occurred_at, kinds.number "
        f"from (select * from {events} as every_event where {part}) as events "
        f"inner join (values {numbered}) "
        "as kinds (event, detail, channel, number) on events.event = kinds.event "
        "and coalesce(events.detail, '') = kinds.detail "
        "and coalesce(events.channel, '') = kinds.channel"
    )


def _logs(batches: Iterable[pa.RecordBatch]) -> Iterator[_Log]:
    """Yield the events of whole customers, some at a time."""
    rest: pa.Table | None = None
    for batch in batches:
        if not len(batch):
            continue
        table = pa.Table.from_batches([batch])
        if rest is not None:
            table = pa.concat_tables([rest, table]).combine_chunks()
        # The last customer's events may go on in the next batch.
        is_last = pc.equal(table["customer_id"], table["customer_id"][-1])
        whole = pc.index(is_last, value=True).as_py()
        rest = table.slice(whole)
        if whole:
            yield _log(table.slice(0, whole))
    if rest is not None and rest.num_rows:
        yield _log(rest)


def _log(table: pa.Table) -> _Log:
    customers = table["customer_id"].combine_chunks()
    times = table["occurred_at"].cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    is_new_customer = np.ones(len(times), dtype=bool)
    is_new_customer[1:] = pc.not_equal(customers[1:], customers[:-1]).to_numpy(zero_copy_only=False)
    is_new = is_new_customer.copy()
    is_new[1:] |= times[1:] != times[:-1]
    return _Log(
        customers=customers.filter(pa.array(is_new)),
        times=times[is_new],
        customer=np.cumsum(is_new_customer)[is_new],
        moment=np.cumsum(is_new) - 1,
        kind=table["number"].to_numpy(),
    )


def _follow(
    log: _Log, journey: Journey, numbers: Mapping[Step, tuple[int, ...]], first: np.int64
) -> Iterator[pa.RecordBatch]:
    """Yield the steps of a journey that these customers have taken, a batch per step."""
    anchor, *others = journey.steps
    start = log.of(numbers[anchor])
    if anchor.days and len(start) > 1:
        # No other one within the days before, in which it would have started the journey already.
        is_quiet = np.ones(len(start), dtype=bool)
        before, after = start[:-1], start[1:]
        is_quiet[1:] = (log.customer[before] != log.customer[after]) | (
            log.times[after] - log.times[before] > anchor.days * _DAY
        )
        start = start[is_quiet]
    start = start[log.times[start] >= first]
    yield _batch(log, journey, 1, start, start)
    now = start
    for place, step in enumerate(others, start=2):
        moments = log.of(numbers[step])
        if not len(moments) or not len(now):
            return
        later = np.searchsorted(moments, now, side="right")
        following = moments[np.minimum(later, len(moments) - 1)]
        is_reached = (
            (later < len(moments))
            & (log.customer[following] == log.customer[now])
            & (log.times[following] - log.times[now] <= step.days * _DAY)
        )
        start, now = start[is_reached], following[is_reached]
        yield _batch(log, journey, place, start, now)


def _batch(
    log: _Log, journey: Journey, place: int, start: np.ndarray, now: np.ndarray
) -> pa.RecordBatch:
    moment = pa.timestamp("us")
    return pa.RecordBatch.from_arrays(
        [
            pa.repeat(pa.scalar(journey.journey_id), len(now)),
            log.customers.take(pa.array(now)),
            pa.array(log.times[start]).cast(moment),
            pa.repeat(pa.scalar(place, pa.int64()), len(now)),
            pa.array(log.times[now]).cast(moment),
        ],
        schema=STEPS_SCHEMA,
    )
