"""The tables of the source contract, from what was drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from csat.simulation import catalog, columns, instruments, programs, schemas
from csat.simulation.billing import Bill, Payment
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY
from csat.simulation.contacts import Contact
from csat.simulation.customers import Customers
from csat.simulation.deliveries import deliver
from csat.simulation.draws import Streams
from csat.simulation.engagement import EngagementEvent
from csat.simulation.instruments import Instrument
from csat.simulation.interruptions import Interruption
from csat.simulation.programs import Enrollment
from csat.simulation.signals import Signal
from csat.simulation.surveys import Answer, Invitation
from csat.simulation.world import World

DIGITS_OF_EVENT = 11
DIGITS_OF_CUSTOMER = 7
DIGITS_OF_WORLD = 6


@dataclass(frozen=True)
class TableBuilder:
    """Builds the tables of one chunk of customers, of so many ``chunks``."""

    world: World
    chunk: int
    chunks: int
    customer_ids: pa.Array
    streams: Streams

    def customer(self, customer: np.ndarray) -> pa.Array:
        """customer_id by position in the chunk."""
        return pa.DictionaryArray.from_arrays(
            pa.array(customer.astype(np.int32)), self.customer_ids
        )

    def identifier(self, prefix: str, number: np.ndarray) -> pa.Array:
        """Identifier of an event by its number within the chunk; null where negative.

        Chunks take turns, so that identifiers follow time as those of a company's systems do.
        """
        return columns.identifiers(
            prefix, np.where(number >= 0, number * self.chunks + self.chunk, -1), DIGITS_OF_EVENT
        )

    def moment(self, moments: np.ndarray) -> pa.Array:
        """Timestamps."""
        return columns.timestamps(self.world.calendar, moments)

    def program(self, number: np.ndarray) -> pa.Array:
        """program_id by number; null where negative."""
        return columns.categories(program_ids(self.world), number)

    def agent(self, agent: np.ndarray) -> pa.Array:
        """agent_id by position; null where negative."""
        return columns.categories(agent_ids(self.world), agent)

    def product(self, customers: Customers, customer: np.ndarray) -> pa.Array:
        """Product of each customer."""
        return columns.categories(catalog.PRODUCTS, customers.product[customer])


def _table(name: str, values: dict[str, pa.Array]) -> pa.Table:
    schema = schemas.CONTRACT[name]
    return pa.table({column: values[column] for column in schema.names})


def customer_ids(world: World, numbers: np.ndarray) -> pa.Array:
    """customer_id of company-wide customer numbers."""
    width = max(DIGITS_OF_CUSTOMER, len(str(world.customer_count)))
    return columns.identifiers("C", numbers, width)


def program_ids(world: World) -> list[str]:
    """program_id of each program."""
    return [f"P-{name.replace('_', '-')}" for name, _ in programs.designs(world.parameters)]


def agent_ids(world: World) -> pa.Array:
    """agent_id of each agent."""
    return columns.identifiers("A", np.arange(1, len(world.agents) + 1), DIGITS_OF_WORLD)


def known(loaded: np.ndarray, moment: np.ndarray) -> np.ndarray:
    """``moment`` where it had come before ``loaded``, else NEVER."""
    return np.where(moment < loaded, moment, NEVER)


def customers_table(builder: TableBuilder, customers: Customers, closed: np.ndarray) -> pa.Table:
    """One row per customer and version: joining, change of plan, closing."""
    world = builder.world
    plan_changed = np.where(customers.plan_changed < closed, customers.plan_changed, NEVER)
    delivery = deliver(
        world,
        builder.streams["deliver customers"],
        customers.joined,
        plan_changed,
        closed,
        is_prompt=True,
    )
    rows, loaded = customers.take(delivery.row), delivery.loaded
    has_changed = plan_changed[delivery.row] < loaded
    regions = world.parameters.geography.regions
    return _table(
        "customers",
        {
            "customer_id": builder.customer(delivery.row),
            "customer_since": columns.dates(world.calendar, rows.since_day),
            "closed_at": builder.moment(known(loaded, closed[delivery.row])),
            "customer_type": columns.categories(catalog.CUSTOMER_TYPES, rows.customer_type),
            "region": columns.categories(regions, world.region_of_area(rows.area)),
            "plan": columns.categories(
                catalog.PLANS, np.where(has_changed, rows.next_plan, rows.plan)
            ),
            "preferred_channel": columns.categories(catalog.CHANNELS, rows.preferred_channel),
            "annual_value": columns.numbers(rows.annual_value),
            "industry": columns.categories(catalog.INDUSTRIES, rows.industry),
            "loaded_at": builder.moment(loaded),
        },
    )


def attributes_table(builder: TableBuilder, customers: Customers, closed: np.ndarray) -> pa.Table:
    """Area, digital segment and tariff group; the last with its changes."""
    world = builder.world
    everyone = np.arange(len(customers))
    changing = np.flatnonzero(customers.tariff_changed < closed)
    names = ("area", "digital_segment", "tariff_group")
    values = (*world.area_names, *catalog.DIGITAL_SEGMENTS, *catalog.TARIFF_GROUPS)
    first_segment = len(world.area_names)
    first_tariff = first_segment + len(catalog.DIGITAL_SEGMENTS)
    customer = np.concatenate([everyone, everyone, everyone, changing])
    attribute = np.repeat(
        [0, 1, 2, 2], [len(everyone), len(everyone), len(everyone), len(changing)]
    )
    value = np.concatenate(
        [
            customers.area,
            first_segment + customers.digital_segment,
            first_tariff + customers.tariff_group,
            first_tariff + customers.next_tariff_group[changing],
        ]
    )
    since = customers.since_day * SECONDS_PER_DAY
    valid_from = np.concatenate([since, since, since, customers.tariff_changed[changing]])
    came_to_be = np.concatenate(
        [customers.joined, customers.joined, customers.joined, customers.tariff_changed[changing]]
    )
    delivery = deliver(world, builder.streams["deliver attributes"], came_to_be)
    row = delivery.row
    return _table(
        "customer_attributes",
        {
            "customer_id": builder.customer(customer[row]),
            "attribute": columns.categories(names, attribute[row]),
            "value": columns.categories(values, value[row]),
            "valid_from": builder.moment(valid_from[row]),
            "loaded_at": builder.moment(delivery.loaded),
        },
    )


def contacts_table(builder: TableBuilder, customers: Customers, contacts: Contact) -> pa.Table:
    """One row per contact and version: opened, handled, settled, reopened, settled again."""
    delivery = deliver(
        builder.world,
        builder.streams["deliver contacts"],
        contacts.started,
        contacts.answered,
        contacts.ended,
        contacts.resolved,
        contacts.reopened,
        contacts.resolved_again,
    )
    rows, loaded = contacts.take(delivery.row), delivery.loaded
    is_answered, is_ended = rows.answered < loaded, rows.ended < loaded
    is_reopened = rows.reopened < loaded
    is_open_again = is_reopened & (rows.resolved_again >= loaded)
    resolved = np.where(is_reopened, rows.resolved_again, rows.resolved)
    is_resolved = (resolved < loaded) & ~is_open_again
    return _table(
        "contacts",
        {
            "contact_id": builder.identifier("K", rows.number),
            "customer_id": builder.customer(rows.customer),
            "started_at": builder.moment(rows.started),
            "channel": columns.categories(catalog.CHANNELS, rows.channel),
            "topic": columns.categories(catalog.TOPIC_NAMES, rows.topic),
            "queue": columns.categories(catalog.QUEUES, rows.queue),
            "agent_id": builder.agent(np.where(is_answered, rows.agent, -1)),
            "first_response_at": builder.moment(known(loaded, rows.acknowledged)),
            "first_human_response_at": builder.moment(known(loaded, rows.answered)),
            "wait_seconds": columns.integers(rows.wait, ~is_answered | (rows.wait < 0)),
            "handle_seconds": columns.integers(rows.handled_seconds, ~is_ended),
            "transfers": columns.integers(rows.transfers, ~is_ended),
            "is_resolved": columns.booleans(is_resolved),
            "resolved_at": builder.moment(np.where(is_resolved, resolved, NEVER)),
            "reopen_count": columns.integers(is_reopened),
            "parent_contact_id": builder.identifier("K", rows.parent),
            "product": builder.product(customers, rows.customer),
            "program_id": builder.program(rows.program),
            "loaded_at": builder.moment(loaded),
        },
    )


def bills_table(builder: TableBuilder, bills: Bill) -> pa.Table:
    """One row per bill and version: issued, disputed."""
    delivery = deliver(
        builder.world, builder.streams["deliver bills"], bills.issued, bills.disputed
    )
    rows, loaded = bills.take(delivery.row), delivery.loaded
    return _table(
        "bills",
        {
            "bill_id": builder.identifier("B", delivery.row),
            "customer_id": builder.customer(rows.customer),
            "issued_at": builder.moment(rows.issued),
            "due_at": builder.moment(rows.due),
            "amount": columns.numbers(rows.amount),
            "is_estimated": columns.booleans(rows.is_estimated),
            "is_disputed": columns.booleans(rows.disputed < loaded),
            "loaded_at": builder.moment(loaded),
        },
    )


def payments_table(builder: TableBuilder, payments: Payment) -> pa.Table:
    """One row per payment and version: settled, then failed or reversed."""
    delivery = deliver(
        builder.world, builder.streams["deliver payments"], payments.paid, payments.undone
    )
    rows, loaded = payments.take(delivery.row), delivery.loaded
    status = np.where(rows.undone < loaded, rows.final_status, catalog.SETTLED)
    return _table(
        "payments",
        {
            "payment_id": builder.identifier("Y", delivery.row),
            "customer_id": builder.customer(rows.customer),
            "bill_id": builder.identifier("B", rows.bill),
            "paid_at": builder.moment(rows.paid),
            "amount": columns.numbers(rows.amount),
            "method": columns.categories(catalog.PAYMENT_METHODS, rows.method),
            "status": columns.categories(catalog.PAYMENT_STATUSES, status),
            "is_autopay": columns.booleans(rows.is_autopay),
            "loaded_at": builder.moment(loaded),
        },
    )


def interruptions_table(builder: TableBuilder, interruptions: Interruption) -> pa.Table:
    """One row per interruption, customer and version: started, promised or told, restored."""
    never = np.full(len(interruptions), NEVER)
    told = np.where(interruptions.notified > interruptions.started, interruptions.notified, never)
    delivery = deliver(
        builder.world,
        builder.streams["deliver interruptions"],
        interruptions.started,
        np.minimum(told, interruptions.restored),
        interruptions.restored,
    )
    rows, loaded = interruptions.take(delivery.row), delivery.loaded
    promised = np.where(rows.promised < loaded, rows.promised_restoration, NEVER)
    return _table(
        "interruptions",
        {
            "interruption_id": columns.identifiers("I", rows.incident + 1, DIGITS_OF_WORLD),
            "customer_id": builder.customer(rows.customer),
            "started_at": builder.moment(rows.started),
            "restored_at": builder.moment(known(loaded, rows.restored)),
            "is_planned": columns.booleans(rows.is_planned),
            "notified_at": builder.moment(known(loaded, rows.notified)),
            "estimated_restored_at": builder.moment(promised),
            "cause": columns.categories(catalog.CAUSES, rows.cause),
            "loaded_at": builder.moment(loaded),
        },
    )


def engagement_table(builder: TableBuilder, engagement: EngagementEvent) -> pa.Table:
    """One row per event."""
    delivery = deliver(builder.world, builder.streams["deliver engagement"], engagement.occurred)
    rows = engagement.take(delivery.row)
    return _table(
        "engagement_events",
        {
            "event_id": builder.identifier("E", delivery.row),
            "customer_id": builder.customer(rows.customer),
            "occurred_at": builder.moment(rows.occurred),
            "channel": columns.categories(catalog.EVENT_CHANNELS, rows.channel),
            "event_type": columns.categories(catalog.EVENT_TYPES, rows.event_type),
            "program_id": builder.program(rows.program),
            "loaded_at": builder.moment(delivery.loaded),
        },
    )


def signals_table(builder: TableBuilder, signals: Signal) -> pa.Table:
    """One row per customer, signal and moment."""
    delivery = deliver(builder.world, builder.streams["deliver signals"], signals.occurred)
    rows = signals.take(delivery.row)
    return _table(
        "customer_signals",
        {
            "customer_id": builder.customer(rows.customer),
            "signal": columns.categories(catalog.SIGNALS, rows.signal),
            "occurred_at": builder.moment(rows.occurred),
            "value": columns.numbers(rows.value),
            "loaded_at": builder.moment(delivery.loaded),
        },
    )


def enrollments_table(builder: TableBuilder, enrollments: Enrollment) -> pa.Table:
    """One row per program, customer and version: enrolled, ended."""
    delivery = deliver(
        builder.world,
        builder.streams["deliver enrollments"],
        enrollments.enrolled,
        enrollments.ended,
    )
    rows, loaded = enrollments.take(delivery.row), delivery.loaded
    return _table(
        "program_enrollments",
        {
            "program_id": builder.program(rows.program),
            "customer_id": builder.customer(rows.customer),
            "enrolled_at": builder.moment(rows.enrolled),
            "ended_at": builder.moment(known(loaded, rows.ended)),
            "loaded_at": builder.moment(loaded),
        },
    )


def invitations_table(
    builder: TableBuilder, customers: Customers, contacts: Contact, invitations: Invitation
) -> pa.Table:
    """One row per invitation."""
    sent = np.flatnonzero(invitations.is_sent)
    delivery = deliver(
        builder.world, builder.streams["deliver invitations"], invitations.sent[sent]
    )
    position = sent[delivery.row]
    rows = invitations.take(position)
    return _table(
        "survey_invitations",
        {
            "invitation_id": builder.identifier("V", position),
            "sent_at": builder.moment(rows.sent),
            **_survey_columns(builder, customers, contacts, rows),
            "loaded_at": builder.moment(delivery.loaded),
        },
    )


def _survey_columns(
    builder: TableBuilder, customers: Customers, contacts: Contact, rows: Invitation
) -> dict[str, pa.Array]:
    """The columns that invitations and responses share."""
    has_contact = rows.contact >= 0
    if len(contacts):
        number = np.where(has_contact, contacts.number[rows.contact], -1)
        agent = np.where(has_contact, contacts.agent[rows.contact], -1)
    else:
        number = agent = np.full(len(rows), -1)
    return {
        "customer_id": builder.customer(rows.customer),
        "instrument_id": columns.categories(instruments.INSTRUMENTS, rows.instrument),
        "contact_id": builder.identifier("K", number),
        "agent_id": builder.agent(agent),
        "channel": columns.categories(catalog.CHANNELS, rows.channel),
        "touchpoint": columns.categories(catalog.TOUCHPOINTS, rows.touchpoint),
        "product": builder.product(customers, rows.customer),
    }


def responses_table(
    builder: TableBuilder,
    customers: Customers,
    contacts: Contact,
    invitations: Invitation,
    answers: Answer,
    scales: tuple[Instrument, ...],
    write_comments: Callable[[np.ndarray], list[str | None]],
) -> pa.Table:
    """One row per answer; ``write_comments`` gives the comments of invitations by position."""
    given = np.flatnonzero(answers.answered < NEVER)
    given = given[np.argsort(answers.answered[given], kind="stable")]
    comments = pa.array(write_comments(given), pa.string())
    delivery = deliver(builder.world, builder.streams["deliver responses"], answers.answered[given])
    position = given[delivery.row]
    rows, said = invitations.take(position), answers.take(position)
    spellings, code = _answer_codes(scales, rows.instrument, said)
    return _table(
        "survey_responses",
        {
            "response_id": builder.identifier("R", delivery.row),
            "responded_at": builder.moment(said.answered),
            "answer": columns.categories(spellings, code),
            "invitation_id": builder.identifier("V", np.where(rows.is_sent, position, -1)),
            **_survey_columns(builder, customers, contacts, rows),
            "comment": comments.take(pa.array(delivery.row)),
            "loaded_at": builder.moment(delivery.loaded),
        },
    )


def _answer_codes(
    scales: tuple[Instrument, ...], instrument: np.ndarray, said: Answer
) -> tuple[list[str], np.ndarray]:
    """All spellings of all scales, and the position among them of what was said."""
    spellings = list(
        dict.fromkeys(text for scale in scales for options in scale.answers for text in options)
    )
    position = {text: number for number, text in enumerate(spellings)}
    code = np.zeros(len(instrument), dtype=np.int64)
    for number, scale in enumerate(scales):
        for rating, options in enumerate(scale.answers):
            for spelling, text in enumerate(options):
                is_said = (instrument == number) & (said.rating == rating)
                code[is_said & (said.spelling == spelling)] = position[text]
    return spellings, code


def agents_table(world: World, streams: Streams) -> pa.Table:
    """One row per agent and version: hired, moved to another team."""
    agents = world.agents
    random = streams["deliver agents"]
    count = len(agents)
    moves = random.random(count) < world.parameters.agents.team_changes_per_year * (
        world.calendar.days / 365
    )
    moved = np.where(
        moves & (agents.hired < 0), random.integers(1, world.calendar.end_seconds, count), NEVER
    )
    delivery = deliver(
        world, random, np.maximum(agents.hired, 0) * SECONDS_PER_DAY, moved, is_prompt=True
    )
    row, loaded = delivery.row, delivery.loaded
    teams = int(agents.team.max()) + 1
    team = np.where(moved[row] < loaded, (agents.team[row] + 1) % teams, agents.team[row])
    topics = np.array(catalog.TOPIC_NAMES)
    skills = [",".join(topics[mask]) for mask in agents.skills]
    names = [f"Agent {number}" for number in range(1, count + 1)]
    return _table(
        "agents",
        {
            "agent_id": agent_ids(world).take(pa.array(row)),
            "agent_name": columns.categories(names, row),
            "team": columns.categories([f"team_{number + 1}" for number in range(teams)], team),
            "hired_at": columns.timestamps(world.calendar, agents.hired[row] * SECONDS_PER_DAY),
            "skills": columns.categories(skills, row),
            "loaded_at": columns.timestamps(world.calendar, loaded),
        },
    )


def programs_table(world: World, streams: Streams) -> pa.Table:
    """One row per program."""
    designs = [design for _, design in programs.designs(world.parameters)]
    started = np.array([programs.start_day(world, design) for design in designs])
    started = started * SECONDS_PER_DAY
    delivery = deliver(world, streams["deliver programs"], started, is_prompt=True)
    chosen = [designs[row] for row in delivery.row]
    return _table(
        "programs",
        {
            "program_id": columns.categories(program_ids(world), delivery.row),
            "program_name": pa.array([design.name for design in chosen], pa.string()),
            "program_type": pa.array([design.kind for design in chosen], pa.string()),
            "started_at": columns.timestamps(world.calendar, started[delivery.row]),
            "cost_per_enrollment": columns.numbers(
                [design.cost_per_enrollment for design in chosen]
            ),
            "is_randomized": columns.booleans([design.audience == "random" for design in chosen]),
            "loaded_at": columns.timestamps(world.calendar, delivery.loaded),
        },
    )
