"""Logins, page views, mails and pushes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.calendar import DAYS_PER_YEAR, SECONDS_PER_DAY, SECONDS_PER_HOUR
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, happens, moments_of_days
from csat.simulation.rows import Rows
from csat.simulation.world import World

NO_PROGRAM = -1


@dataclass(frozen=True)
class EngagementEvent(Rows):
    """Engagement events; ``program`` is the number of the program that caused one, or -1."""

    customer: np.ndarray
    occurred: np.ndarray
    channel: np.ndarray
    event_type: np.ndarray
    program: np.ndarray


def events(
    customer: np.ndarray,
    occurred: np.ndarray,
    channel: int | np.ndarray,
    event_type: int,
    program: int | np.ndarray = NO_PROGRAM,
) -> EngagementEvent:
    """Events of one type, caused by one program or none."""
    count = len(customer)
    return EngagementEvent(
        customer,
        occurred,
        np.broadcast_to(channel, count).astype(np.int8),
        np.full(count, event_type, dtype=np.int8),
        np.broadcast_to(program, count).astype(np.int8),
    )


def draw_engagement(world: World, customers: Customers, streams: Streams) -> EngagementEvent:
    """All events without a particular program: sessions, campaign mails, pushes."""
    parts = [
        *_sessions(world, customers, streams["sessions"]),
        *_mails(world, customers, streams["mails"]),
        _pushes(world, customers, streams["pushes"]),
    ]
    drawn = EngagementEvent.concatenate(parts)
    is_inside = drawn.occurred >= customers.joined[drawn.customer]
    is_inside &= drawn.occurred < world.calendar.end_seconds
    return drawn.take(is_inside)


def _sessions(
    world: World, customers: Customers, random: np.random.Generator
) -> list[EngagementEvent]:
    design, days = world.parameters.engagement, world.calendar.days
    sessions = random.poisson(customers.digital * design.sessions_per_year * days / DAYS_PER_YEAR)
    customer = np.repeat(np.arange(len(customers)), sessions)
    started = moments_of_days(
        random,
        random.integers(0, days, len(customer)),
        world.parameters.calendar.hourly_engagement,
    )
    is_app = happens(random, np.full(len(customer), design.app_share))
    channel = np.where(is_app, catalog.EVENT_APP, catalog.EVENT_WEB)
    pages = random.poisson(design.pages_per_session, len(customer))
    viewed = np.repeat(np.arange(len(customer)), pages)
    has_trouble = is_app & happens(random, np.full(len(customer), design.app_trouble_probability))
    return [
        events(customer, started, channel, catalog.LOGIN),
        events(
            customer[viewed],
            started[viewed] + random.integers(5, design.session_seconds, len(viewed)),
            channel[viewed],
            catalog.PAGE_VIEW,
        ),
        events(
            customer[has_trouble],
            started[has_trouble]
            + random.integers(5, design.session_seconds, int(has_trouble.sum())),
            catalog.EVENT_APP,
            catalog.APP_ERROR,
        ),
    ]


def _mails(
    world: World, customers: Customers, random: np.random.Generator
) -> list[EngagementEvent]:
    design, days = world.parameters.engagement, world.calendar.days
    campaign_days = np.arange(design.campaign_days // 2, days, design.campaign_days)
    base, by_digital = design.open_probability
    probability = customers.takes_mail * (base + by_digital * customers.digital)
    opens = happens(random, np.broadcast_to(probability, (len(campaign_days), len(customers))))
    campaign, customer = np.nonzero(opens)
    sent = campaign_days[campaign] * SECONDS_PER_DAY + design.campaign_hour * SECONDS_PER_HOUR
    delay = random.exponential(design.days_to_open, len(customer)) * SECONDS_PER_DAY
    opened = sent + delay.astype(np.int64)
    click_share, unsubscribe_share = design.click_and_unsubscribe_share
    clicks = happens(random, np.full(len(customer), click_share))
    leaves = happens(random, np.full(len(customer), unsubscribe_share))
    return [
        events(customer, opened, catalog.EVENT_EMAIL, catalog.EMAIL_OPEN),
        events(
            customer[clicks],
            opened[clicks] + random.integers(3, design.click_seconds, int(clicks.sum())),
            catalog.EVENT_EMAIL,
            catalog.EMAIL_CLICK,
        ),
        events(
            customer[leaves],
            opened[leaves] + random.integers(3, design.click_seconds, int(leaves.sum())),
            catalog.EVENT_EMAIL,
            catalog.UNSUBSCRIBE,
        ),
    ]


def _pushes(world: World, customers: Customers, random: np.random.Generator) -> EngagementEvent:
    design, days = world.parameters.engagement, world.calendar.days
    opens = random.poisson(customers.digital * design.push_opens_per_year * days / DAYS_PER_YEAR)
    customer = np.repeat(np.arange(len(customers)), opens)
    opened = moments_of_days(
        random,
        random.integers(0, days, len(customer)),
        world.parameters.calendar.hourly_engagement,
    )
    return events(customer, opened, catalog.EVENT_APP, catalog.PUSH_OPEN)
