"""Surveys: who is asked, who answers, and what they say.

    latent answer = logit p(customer, day of sending) + instrument offset + logistic noise

A CSAT answer is "satisfied" exactly where the latent answer is above 0, so that at the
reference instrument the share of satisfied answers of everyone is the probability itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog, instruments
from csat.simulation.calendar import (
    DAYS_PER_YEAR,
    NEVER,
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    day_of,
)
from csat.simulation.contacts import Contact
from csat.simulation.customers import Customers
from csat.simulation.draws import (
    Streams,
    around,
    delays,
    happens,
    later,
    moments_of_days,
    sigmoid,
)
from csat.simulation.engagement import NO_PROGRAM, EngagementEvent
from csat.simulation.instruments import Instrument
from csat.simulation.parameters import SurveyParameters
from csat.simulation.rows import Rows
from csat.simulation.world import World

NO_CONTACT = -1
DAYS_PER_MONTH = 30

# Kinds of surveys, as in SurveyParameters.response_logits.
KIND_CONTACT, KIND_CHAT, KIND_WEBSITE, KIND_RELATIONSHIP, KIND_NPS, KIND_CES, KIND_FOLLOW_UP = (
    range(7)
)


@dataclass(frozen=True)
class Invitation(Rows):
    """Invitations in order of sending; ``is_sent`` is false for spontaneous answers.

    ``contact`` is the position of the contact in the given contacts, or -1.
    """

    customer: np.ndarray
    sent: np.ndarray
    instrument: np.ndarray
    kind: np.ndarray
    contact: np.ndarray
    channel: np.ndarray
    touchpoint: np.ndarray
    is_sent: np.ndarray


@dataclass(frozen=True)
class Answer(Rows):
    """What came of each invitation, row by row; ``answered`` is NEVER where nothing came."""

    answered: np.ndarray
    rating: np.ndarray
    spelling: np.ndarray
    is_favourable: np.ndarray
    propensity: np.ndarray


def _invitations(
    customer: np.ndarray,
    sent: np.ndarray,
    instrument: int | np.ndarray,
    kind: int | np.ndarray,
    touchpoint: int,
    channel: int | np.ndarray,
    contact: np.ndarray | int = NO_CONTACT,
    is_sent: bool = True,
) -> Invitation:
    count = len(customer)
    return Invitation(
        customer,
        sent.astype(np.int64),
        np.broadcast_to(instrument, count),
        np.broadcast_to(kind, count),
        np.broadcast_to(contact, count),
        np.broadcast_to(channel, count),
        np.full(count, touchpoint),
        np.full(count, is_sent),
    )


def draw_invitations(
    world: World,
    customers: Customers,
    closed: np.ndarray,
    contacts: Contact,
    engagement: EngagementEvent,
    streams: Streams,
) -> Invitation:
    """All invitations, and the spontaneous answers on the website, in order of time."""
    after_contact = _after_contacts(world, contacts, streams["surveys after contacts"])
    relationship = _relationship(world, customers, streams["relationship surveys"])
    website = _website(world, engagement, streams["website surveys"])
    planned = Invitation.concatenate([after_contact, relationship, website])
    planned = _rested(world, planned, streams["survey rest"])
    effort = _effort(world, planned, streams["effort surveys"])
    spontaneous = _spontaneous(world, engagement, streams["spontaneous answers"])
    follow_up = _follow_up(world, customers, streams["follow-up surveys"])
    drawn = Invitation.concatenate([planned, effort, spontaneous, follow_up])
    is_customer = drawn.sent >= customers.joined[drawn.customer]
    is_customer &= drawn.sent < np.minimum(closed[drawn.customer], world.calendar.end_seconds)
    drawn = drawn.take(is_customer)
    return drawn.take(np.argsort(drawn.sent, kind="stable"))


def _after_contacts(world: World, contacts: Contact, random: np.random.Generator) -> Invitation:
    design, calendar = world.parameters.surveys, world.calendar
    asks = happens(random, np.full(len(contacts), design.after_contact_share))
    asks &= contacts.program == NO_PROGRAM
    position = np.flatnonzero(asks)
    asked = contacts.take(position)
    hours = random.exponential(design.after_contact_hours, len(asked))
    sent = later(
        asked.ended + design.shortest_delay_seconds,
        hours,
        world.parameters.calendar.hourly_sending,
    )
    is_new_wording = sent >= calendar.day_at(design.wording_changes_at) * SECONDS_PER_DAY
    instrument = np.where(
        is_new_wording, instruments.AFTER_CONTACT_CSAT_2, instruments.AFTER_CONTACT_CSAT
    )
    is_chat = asked.channel == catalog.CHAT
    return _invitations(
        asked.customer,
        sent,
        np.where(is_chat, instruments.AFTER_CHAT_CSAT, instrument),
        np.where(is_chat, KIND_CHAT, KIND_CONTACT),
        catalog.AFTER_CONTACT,
        asked.channel,
        contact=position,
    )


def _effort(world: World, planned: Invitation, random: np.random.Generator) -> Invitation:
    """A second question, about effort, after some contacts."""
    after_contact = planned.take(planned.touchpoint == catalog.AFTER_CONTACT)
    asks = happens(random, np.full(len(after_contact), world.parameters.surveys.effort_share))
    asked = after_contact.take(asks)
    return _invitations(
        asked.customer,
        asked.sent,
        instruments.AFTER_CONTACT_CES,
        KIND_CES,
        catalog.AFTER_CONTACT,
        asked.channel,
        contact=asked.contact,
    )


def _relationship(world: World, customers: Customers, random: np.random.Generator) -> Invitation:
    parts = []
    kinds = (
        (instruments.RELATIONSHIP_CSAT, KIND_RELATIONSHIP),
        (instruments.RELATIONSHIP_NPS, KIND_NPS),
    )
    for (instrument, kind), per_year in zip(
        kinds, world.parameters.surveys.relationship_per_year, strict=True
    ):
        expected = per_year * world.calendar.days / DAYS_PER_YEAR
        counts = random.poisson(expected, len(customers))
        customer = np.repeat(np.arange(len(customers)), counts)
        day = random.integers(0, world.calendar.days, len(customer))
        sent = moments_of_days(random, day, world.parameters.calendar.hourly_sending)
        parts.append(
            _invitations(customer, sent, instrument, kind, catalog.RELATIONSHIP, catalog.EMAIL)
        )
    return Invitation.concatenate(parts)


def _website_instrument(world: World, count: int, random: np.random.Generator) -> np.ndarray:
    is_effort = happens(random, np.full(count, world.parameters.surveys.website_effort_share))
    return np.where(is_effort, instruments.WEBSITE_CES, instruments.WEBSITE_CSAT)


def _asked_sessions(
    engagement: EngagementEvent, share: float, random: np.random.Generator
) -> EngagementEvent:
    sessions = engagement.take(engagement.event_type == catalog.LOGIN)
    return sessions.take(happens(random, np.full(len(sessions), share)))


def _website(world: World, engagement: EngagementEvent, random: np.random.Generator) -> Invitation:
    asked = _asked_sessions(engagement, world.parameters.surveys.website_invited_share, random)
    return _invitations(
        asked.customer,
        asked.occurred + random.integers(5, world.parameters.surveys.website_seconds, len(asked)),
        _website_instrument(world, len(asked), random),
        KIND_WEBSITE,
        catalog.WEBSITE,
        catalog.WEB,
    )


def _spontaneous(
    world: World, engagement: EngagementEvent, random: np.random.Generator
) -> Invitation:
    """Answers that nobody asked for, after some sessions."""
    giving = _asked_sessions(engagement, world.parameters.surveys.website_spontaneous_share, random)
    return _invitations(
        giving.customer,
        giving.occurred + random.integers(5, world.parameters.surveys.website_seconds, len(giving)),
        _website_instrument(world, len(giving), random),
        KIND_WEBSITE,
        catalog.WEBSITE,
        catalog.WEB,
        is_sent=False,
    )


def _follow_up(world: World, customers: Customers, random: np.random.Generator) -> Invitation:
    """The random sample that is pressed to answer."""
    days = world.calendar.days
    expected = world.parameters.surveys.follow_up_share * days / DAYS_PER_MONTH
    customer = np.flatnonzero(happens(random, np.full(len(customers), expected)))
    sent = random.integers(0, days, len(customer)) * SECONDS_PER_DAY + delays(
        random, world.parameters.surveys.follow_up_hours, SECONDS_PER_HOUR, len(customer)
    )
    return _invitations(
        customer,
        sent,
        instruments.FOLLOW_UP_CSAT,
        KIND_FOLLOW_UP,
        catalog.FOLLOW_UP,
        catalog.PHONE,
    )


def _rested(world: World, planned: Invitation, random: np.random.Generator) -> Invitation:
    """Hold back most invitations that would follow another one too soon."""
    design = world.parameters.surveys
    planned = planned.take(np.lexsort((planned.sent, planned.customer)))
    is_same = np.r_[False, planned.customer[1:] == planned.customer[:-1]]
    gap = np.r_[0, np.diff(planned.sent)]
    is_soon = is_same & (gap < design.quiet_days * SECONDS_PER_DAY)
    held_back = is_soon & happens(random, np.full(len(planned), design.quiet_probability))
    return planned.take(~held_back)


def draw_answers(
    world: World,
    scales: tuple[Instrument, ...],
    customers: Customers,
    contacts: Contact,
    invitations: Invitation,
    logit: np.ndarray,
    streams: Streams,
) -> Answer:
    """What each invitation brings. ``logit`` is the true satisfaction, days x customers."""
    design = world.parameters.surveys
    count = len(invitations)
    true_logit = logit[day_of(invitations.sent), invitations.customer].astype(float)
    offsets = np.array([scale.offset for scale in scales])
    is_csat = np.array([scale.metric == "csat" for scale in scales])[invitations.instrument]
    random = streams["answers"]
    uniform = np.clip(random.random(count), 1e-12, 1 - 1e-12)
    noise = np.log(uniform / (1 - uniform))
    extra = design.other_metric_noise * random.standard_normal(count)
    latent = true_logit + offsets[invitations.instrument] + noise + np.where(is_csat, 0, extra)

    random = streams["answering"]
    propensity = _propensity(world, customers, contacts, invitations, true_logit, latent)
    answers = happens(random, propensity) | ~invitations.is_sent
    median_hours, spread = design.answer_hours
    hours = np.minimum(around(random, median_hours, spread, count), 24 * design.longest_answer_days)
    answered = later(invitations.sent + 30, hours, world.parameters.calendar.hourly_answers)
    # Who answers on the website does so at once.
    is_immediate = invitations.kind == KIND_WEBSITE
    answered = np.where(is_immediate, invitations.sent + random.integers(15, 240, count), answered)
    rating, is_favourable, spelling = _ratings(
        scales, invitations.instrument, latent, design.alternative_answer_share, streams["spelling"]
    )
    return Answer(
        answered=np.where(answers & (answered < world.calendar.end_seconds), answered, NEVER),
        rating=rating,
        spelling=spelling,
        is_favourable=is_favourable,
        propensity=propensity,
    )


def _propensity(
    world: World,
    customers: Customers,
    contacts: Contact,
    invitations: Invitation,
    true_logit: np.ndarray,
    latent: np.ndarray,
) -> np.ndarray:
    """Probability to answer, given everything, the latent answer included."""
    design = world.parameters.surveys
    if not design.self_selected:
        return np.ones(len(invitations))
    mean = world.parameters.satisfaction.mean_probability
    centre = np.log(mean / (1 - mean))
    customer = invitations.customer
    is_business = customers.customer_type[customer] != catalog.RESIDENTIAL
    is_relationship = invitations.touchpoint == catalog.RELATIONSHIP
    had_contact = _had_contact(design, contacts, invitations)
    logit = (
        np.asarray(design.response_logits)[invitations.kind]
        + design.response_digital
        * (customers.digital[customer] - world.parameters.customers.digital_mean)
        + design.response_tenure * np.minimum(customers.tenure_years[customer], 20) / 10
        + design.response_business * is_business
        + design.response_recent_contact * (is_relationship & had_contact)
        + design.response_fatigue * _earlier_invitations(design, invitations)
        + design.response_extreme * np.abs(true_logit - centre)
        + design.response_latent_extreme * np.abs(latent - centre)
        + design.response_latent_satisfied * (latent > 0)
    )
    return np.where(invitations.is_sent, sigmoid(logit), 1.0)


def _had_contact(
    design: SurveyParameters, contacts: Contact, invitations: Invitation
) -> np.ndarray:
    """True where the customer had a contact in the days before the invitation."""
    far = np.int64(1) << 40
    contact_key = np.sort(contacts.customer * far + contacts.started)
    until = np.searchsorted(contact_key, invitations.customer * far + invitations.sent)
    window = design.recent_contact_days * SECONDS_PER_DAY
    begin = np.maximum(invitations.sent - window, 0)
    return until > np.searchsorted(contact_key, invitations.customer * far + begin)


def _earlier_invitations(design: SurveyParameters, invitations: Invitation) -> np.ndarray:
    """Number of other invitations of the customer in the days before."""
    far = np.int64(1) << 40
    key = np.sort((invitations.customer * far + invitations.sent)[invitations.is_sent])
    until = np.searchsorted(key, invitations.customer * far + invitations.sent)
    begin = np.maximum(invitations.sent - design.fatigue_days * SECONDS_PER_DAY, 0)
    return until - np.searchsorted(key, invitations.customer * far + begin)


def _ratings(
    scales: tuple[Instrument, ...],
    instrument: np.ndarray,
    latent: np.ndarray,
    alternative_share: float,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Position of the rating on its scale, whether it is favourable, and the spelling used."""
    rating = np.zeros(len(latent), dtype=np.int64)
    is_favourable = np.zeros(len(latent), dtype=bool)
    spelling = np.zeros(len(latent), dtype=np.int64)
    other = np.where(
        random.random(len(latent)) < alternative_share, random.integers(1, 1_000, len(latent)), 0
    )
    for number, scale in enumerate(scales):
        rows = np.flatnonzero(instrument == number)
        # Strictly above a threshold reaches the next rating.
        rating[rows] = np.searchsorted(scale.thresholds, latent[rows], side="left")
        is_favourable[rows] = np.asarray(scale.is_favourable)[rating[rows]]
        spellings = np.array([len(options) for options in scale.answers])
        spelling[rows] = other[rows] % spellings[rating[rows]]
    return rating, is_favourable, spelling
