"""Contacts: why customers call, who answers, how it ends, and who calls again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.billing import Bill, Payment
from csat.simulation.calendar import (
    DAYS_PER_YEAR,
    NEVER,
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    SECONDS_PER_MINUTE,
    day_of,
)
from csat.simulation.customers import Customers
from csat.simulation.draws import (
    Streams,
    around,
    categories,
    delays,
    happens,
    moments_of_days,
    sigmoid,
)
from csat.simulation.engagement import NO_PROGRAM, EngagementEvent
from csat.simulation.interruptions import Interruption
from csat.simulation.rows import Rows
from csat.simulation.world import World

NO_PARENT = -1


@dataclass(frozen=True)
class Reason(Rows):
    """Why and when customers want something; ``parent`` is the contact they had before, or -1."""

    customer: np.ndarray
    moment: np.ndarray
    topic: np.ndarray
    parent: np.ndarray
    program: np.ndarray
    is_about_first_bill: np.ndarray
    is_after_digital_try: np.ndarray


@dataclass(frozen=True)
class Contact(Rows):
    """Contacts; moments in seconds, ``NEVER`` for none, ``wait`` is -1 where nobody queues."""

    number: np.ndarray
    customer: np.ndarray
    started: np.ndarray
    topic: np.ndarray
    parent: np.ndarray
    program: np.ndarray
    is_about_first_bill: np.ndarray
    is_after_digital_try: np.ndarray
    channel: np.ndarray
    queue: np.ndarray
    agent: np.ndarray
    acknowledged: np.ndarray
    answered: np.ndarray
    wait: np.ndarray
    handled_seconds: np.ndarray
    ended: np.ndarray
    transfers: np.ndarray
    resolved: np.ndarray
    reopened: np.ndarray
    resolved_again: np.ndarray
    lacks_skill: np.ndarray
    is_agent_new: np.ndarray

    @property
    def is_resolved(self) -> np.ndarray:
        """True where the (first) handling solved the matter, at once or later."""
        return self.resolved < NEVER

    @property
    def hours_to_answer(self) -> np.ndarray:
        """Hours from the start to the first human answer."""
        return (self.answered - self.started) / SECONDS_PER_HOUR


def reasons(
    customer: np.ndarray,
    moment: np.ndarray,
    topic: int | np.ndarray,
    parent: np.ndarray | int = NO_PARENT,
    program: np.ndarray | int = NO_PROGRAM,
    is_about_first_bill: np.ndarray | bool = False,
    is_after_digital_try: np.ndarray | bool = False,
) -> Reason:
    """Reasons with the same value in every row where a single one is given."""
    count = len(customer)
    return Reason(
        customer,
        moment.astype(np.int64),
        np.broadcast_to(topic, count),
        np.broadcast_to(parent, count),
        np.broadcast_to(program, count),
        np.broadcast_to(is_about_first_bill, count),
        np.broadcast_to(is_after_digital_try, count),
    )


def draw_contacts(
    world: World,
    customers: Customers,
    interruptions: Interruption,
    bills: Bill,
    payments: Payment,
    engagement: EngagementEvent,
    streams: Streams,
) -> Contact:
    """All contacts of the chunk in order of time, numbered from 0, repeats included."""
    random = streams["contact reasons"]
    first = Reason.concatenate(
        [
            _background(world, customers, random),
            _after_interruptions(world, interruptions, random),
            *_after_bills(world, bills, random),
            _after_payments(world, payments, random),
            _after_moving_in(world, customers, random),
            _after_app_trouble(world, engagement, random),
        ]
    )
    first = _present(world, customers, first)
    generations = [handle(world, customers, first, streams["contact handling"])]
    offset = 0
    repeat_stream = streams["contact repeats"]
    for _ in range(world.parameters.contacts.repeat_generations):
        again = _repeats(world, generations[-1], offset, repeat_stream)
        again = _present(world, customers, again)
        offset += len(generations[-1])
        generations.append(handle(world, customers, again, repeat_stream))
    return numbered(Contact.concatenate(generations))


def numbered(contacts: Contact) -> Contact:
    """Sort by time, number from 0 on, and let ``parent`` hold the new numbers.

    ``parent`` must hold positions in the given order.
    """
    order = np.argsort(contacts.started, kind="stable")
    position = np.empty(len(order), dtype=np.int64)
    position[order] = np.arange(len(order))
    ordered = contacts.take(order)
    has_parent = ordered.parent != NO_PARENT
    parent = np.where(has_parent, position[ordered.parent], NO_PARENT)
    values = {name: getattr(ordered, name) for name in ordered.__dataclass_fields__}
    return Contact(**values | {"number": np.arange(len(order)), "parent": parent})


def _present(world: World, customers: Customers, wanted: Reason) -> Reason:
    inside = wanted.moment >= customers.joined[wanted.customer]
    return wanted.take(inside & (wanted.moment < world.calendar.end_seconds))


def _background(world: World, customers: Customers, random: np.random.Generator) -> Reason:
    design = world.parameters.contacts
    yearly = design.background_per_year * np.asarray(design.background_by_type)
    expected = yearly[customers.customer_type] * customers.contact_rate
    counts = random.poisson(expected * world.calendar.days / DAYS_PER_YEAR)
    customer = np.repeat(np.arange(len(customers)), counts)
    day = categories(random, world.contact_rhythm, len(customer))
    return reasons(
        customer,
        moments_of_days(random, day, world.parameters.calendar.hourly_contacts),
        categories(random, [topic.background for topic in catalog.TOPICS], len(customer)),
    )


def _after_interruptions(
    world: World, interruptions: Interruption, random: np.random.Generator
) -> Reason:
    design = world.parameters.contacts
    base, per_hour = design.after_interruption
    not_announced, promise_missed = design.after_bad_notice
    probability = (
        base
        + per_hour * interruptions.hours
        + not_announced * ~interruptions.is_announced
        + promise_missed * interruptions.is_promise_missed
    )
    probability = np.minimum(probability, design.after_interruption_most)
    probability = np.where(
        interruptions.is_planned, probability * design.after_planned_factor, probability
    )
    calling = interruptions.take(happens(random, probability))
    delay = categories(random, world.parameters.queues.hours_after_interruption, len(calling))
    seconds = delay * SECONDS_PER_HOUR + random.integers(60, SECONDS_PER_HOUR, len(calling))
    return reasons(calling.customer, calling.started + seconds, catalog.OUTAGE)


def _after_bills(world: World, bills: Bill, random: np.random.Generator) -> list[Reason]:
    design = world.parameters.contacts
    high, estimated, other = design.after_bill
    _, first_bill = design.after_moving_in
    is_high = bills.ratio_to_normal >= world.parameters.billing.shock_ratio
    probability = np.where(is_high, high, np.where(bills.is_estimated, estimated, other))
    probability = np.where(bills.is_first_after_moving, first_bill, probability)
    calling = bills.take(happens(random, probability))
    topic = np.where(calling.is_estimated, catalog.METER_READING, catalog.BILL_QUESTION)
    topic = np.where(calling.is_first_after_moving, catalog.BILL_QUESTION, topic)
    about_bill = reasons(
        calling.customer,
        calling.issued + _days_later(world, len(calling), design.days_after_bill, random),
        topic,
        is_about_first_bill=calling.is_first_after_moving,
    )
    disputed = bills.take(bills.disputed < NEVER)
    return [about_bill, reasons(disputed.customer, disputed.disputed, catalog.COMPLAINT)]


def _days_later(
    world: World, count: int, mean_days: float, random: np.random.Generator
) -> np.ndarray:
    """Seconds until some time in the office hours of a later day."""
    days = np.ceil(random.exponential(mean_days, count)).astype(np.int64)
    seconds = world.parameters.contacts.bill_contact_hours * SECONDS_PER_HOUR
    return days * SECONDS_PER_DAY + random.integers(0, seconds, count)


def _after_payments(world: World, payments: Payment, random: np.random.Generator) -> Reason:
    undone = payments.take(payments.undone < NEVER)
    calling = undone.take(
        happens(random, np.full(len(undone), world.parameters.contacts.after_failed_payment))
    )
    return reasons(
        calling.customer,
        calling.undone
        + delays(
            random,
            world.parameters.contacts.hours_after_failed_payment,
            SECONDS_PER_HOUR,
            len(calling),
        ),
        catalog.PAYMENT,
    )


def _after_moving_in(world: World, customers: Customers, random: np.random.Generator) -> Reason:
    moving = np.flatnonzero(customers.moved_in)
    about_move, _ = world.parameters.contacts.after_moving_in
    moving = moving[happens(random, np.full(len(moving), about_move))]
    hours = world.parameters.contacts.hours_after_moving_in
    delay = delays(random, hours, SECONDS_PER_HOUR, len(moving))
    return reasons(moving, customers.joined[moving] + delay, catalog.MOVING)


def _after_app_trouble(
    world: World, engagement: EngagementEvent, random: np.random.Generator
) -> Reason:
    trouble = engagement.take(engagement.event_type == catalog.APP_ERROR)
    calling = trouble.take(
        happens(random, np.full(len(trouble), world.parameters.contacts.after_app_trouble))
    )
    hours = world.parameters.contacts.hours_after_app_trouble
    delay = delays(random, hours, SECONDS_PER_HOUR, len(calling))
    return reasons(
        calling.customer, calling.occurred + delay, catalog.APP_HELP, is_after_digital_try=True
    )


def _repeats(world: World, previous: Contact, offset: int, random: np.random.Generator) -> Reason:
    """Tries again on the same topic; ``offset`` is the position of the first of ``previous``."""
    design = world.parameters.contacts
    unresolved, resolved = design.repeat_probability
    tries = happens(random, np.where(previous.is_resolved, resolved, unresolved))
    position = np.flatnonzero(tries)
    calling = previous.take(position)
    median_days, spread = design.repeat_days
    delay = around(random, median_days, spread, len(calling)) * SECONDS_PER_DAY
    return reasons(
        calling.customer,
        calling.ended + delay.astype(np.int64),
        calling.topic,
        parent=position + offset,
        is_about_first_bill=calling.is_about_first_bill,
        is_after_digital_try=False,
    )


def handle(
    world: World, customers: Customers, wanted: Reason, random: np.random.Generator
) -> Contact:
    """Serve ``wanted``: channel, queue, agent, wait, handling, resolution."""
    design = world.parameters.contacts
    count = len(wanted)
    channel = _channel(world, customers, wanted, random)
    queue = _queue(customers, wanted, channel)
    agent = _agent(world, queue, wanted, random)
    day = day_of(wanted.moment)
    lacks_skill = ~world.agents.skills[agent, wanted.topic]
    is_agent_new = day - world.agents.hired[agent] < world.parameters.agents.new_agent_days

    wait = _wait(world, customers, wanted, queue, random)
    is_live = np.isin(channel, catalog.LIVE_CHANNELS)
    hours = around(random, design.asynchronous_hours, design.asynchronous_spread, count)
    hours += design.asynchronous_hours_per_wait_minute * wait / SECONDS_PER_MINUTE
    answer_delay = np.where(is_live, wait, hours * SECONDS_PER_HOUR).astype(np.int64)
    answered = wanted.moment + answer_delay
    is_acknowledged = np.isin(channel, catalog.ACKNOWLEDGED_CHANNELS)
    acknowledgement = random.integers(2, design.acknowledgement_seconds + 1, count)
    acknowledged = np.minimum(
        np.where(is_acknowledged, wanted.moment + acknowledgement, answered), answered
    )

    minutes = np.array([topic.handling_minutes for topic in catalog.TOPICS])[wanted.topic]
    skill_factor, new_factor = design.handling_factors
    minutes = (
        minutes * np.where(lacks_skill, skill_factor, 1) * np.where(is_agent_new, new_factor, 1)
    )
    handled = around(random, minutes * SECONDS_PER_MINUTE, design.handling_spread, count)
    handled = np.maximum(handled, design.shortest_handling_seconds).astype(np.int64)
    transfers = random.poisson(np.where(lacks_skill, design.transfers[1], design.transfers[0]))
    transferring = transfers * design.transfer_minutes * SECONDS_PER_MINUTE
    ended = answered + handled + transferring.astype(np.int64)

    resolved, reopened, resolved_again = _resolution(
        world, wanted, ended, lacks_skill, is_agent_new, transfers, agent, random
    )
    return Contact(
        number=np.zeros(count, dtype=np.int64),
        customer=wanted.customer,
        started=wanted.moment,
        topic=wanted.topic,
        parent=wanted.parent,
        program=wanted.program,
        is_about_first_bill=wanted.is_about_first_bill,
        is_after_digital_try=wanted.is_after_digital_try,
        channel=channel,
        queue=queue,
        agent=agent,
        acknowledged=acknowledged,
        answered=answered,
        wait=np.where(is_live, answer_delay, -1),
        handled_seconds=handled,
        ended=ended,
        transfers=transfers,
        resolved=resolved,
        reopened=reopened,
        resolved_again=resolved_again,
        lacks_skill=lacks_skill,
        is_agent_new=is_agent_new,
    )


def _channel(
    world: World, customers: Customers, wanted: Reason, random: np.random.Generator
) -> np.ndarray:
    design = world.parameters.contacts
    preferred = customers.preferred_channel[wanted.customer]
    other = categories(random, design.other_channel_shares, len(wanted))
    is_served = happens(random, np.full(len(wanted), design.preferred_channel_probability))
    channel = np.where(is_served, preferred, other)
    # Nobody walks to a branch while the power is out.
    return np.where(
        (channel == catalog.BRANCH) & (wanted.topic == catalog.OUTAGE), catalog.PHONE, channel
    )


def _queue(customers: Customers, wanted: Reason, channel: np.ndarray) -> np.ndarray:
    by_topic = np.array([topic.queue for topic in catalog.TOPICS])[wanted.topic]
    is_business = customers.customer_type[wanted.customer] != catalog.RESIDENTIAL
    by_phone = np.where(is_business, catalog.BUSINESS_DESK, by_topic)
    return np.where(
        channel == catalog.PHONE,
        by_phone,
        np.where(channel == catalog.BRANCH, catalog.BRANCH_DESK, catalog.DIGITAL_DESK),
    )


def _agent(
    world: World, queue: np.ndarray, wanted: Reason, random: np.random.Generator
) -> np.ndarray:
    """An agent of the queue hired by then; often one of two is chosen for having the skill."""
    agents = world.agents
    first = np.searchsorted(agents.queue, np.arange(len(catalog.QUEUES)))
    # Agents are sorted by (queue, hired): one number orders both.
    far = np.int64(1) << 32
    rank = np.searchsorted(
        agents.queue * far + agents.hired, queue * far + day_of(wanted.moment), side="right"
    )
    available = rank - first[queue]
    one = first[queue] + (random.random(len(queue)) * available).astype(np.int64)
    two = first[queue] + (random.random(len(queue)) * available).astype(np.int64)
    routes = happens(random, np.full(len(queue), world.parameters.agents.skill_routing_share))
    has_skill = agents.skills[one, wanted.topic]
    return np.where(routes & ~has_skill, two, one)


def _wait(
    world: World,
    customers: Customers,
    wanted: Reason,
    queue: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Seconds in line: exponential around the queue's expectation of that hour."""
    hour = wanted.moment // SECONDS_PER_HOUR
    area = customers.area[wanted.customer]
    mean = world.expected_wait[queue, hour] + world.added_wait[day_of(wanted.moment), area]
    wait = random.exponential(1.0, len(wanted)) * mean
    return np.clip(wait, 2, world.parameters.queues.longest_wait)


def _resolution(
    world: World,
    wanted: Reason,
    ended: np.ndarray,
    lacks_skill: np.ndarray,
    is_agent_new: np.ndarray,
    transfers: np.ndarray,
    agent: np.ndarray,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Moments of being resolved, reopened and resolved again."""
    design = world.parameters.contacts
    count = len(wanted)
    by_skill, by_new, by_transfer = design.resolution_logits
    logit = (
        np.array([topic.resolution_logit for topic in catalog.TOPICS])[wanted.topic]
        + by_skill * lacks_skill
        + by_new * is_agent_new
        + by_transfer * transfers
        + world.agents.effect[agent]
    )
    is_resolved = happens(random, sigmoid(logit))
    is_later = happens(random, np.full(count, design.settled_later_share))
    later = (random.exponential(design.settled_later_days, count) * SECONDS_PER_DAY).astype(
        np.int64
    )
    resolved = np.where(is_resolved, ended + np.where(is_later, later, 0), NEVER)
    until_reopened, until_resolved_again = design.reopen_days
    is_reopened = is_resolved & happens(random, np.full(count, design.reopen_probability))
    delay = (random.exponential(until_reopened, count) * SECONDS_PER_DAY).astype(np.int64)
    reopened = np.where(is_reopened, resolved + SECONDS_PER_HOUR + delay, NEVER)
    delay = (random.exponential(until_resolved_again, count) * SECONDS_PER_DAY).astype(np.int64)
    resolved_again = np.where(is_reopened, reopened + SECONDS_PER_HOUR + delay, NEVER)
    return resolved, reopened, resolved_again
