"""One chunk of customers, from drawing them to their tables."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import pyarrow as pa

from csat.simulation import catalog, comments, tables, truth
from csat.simulation.billing import Bill, Payment, draw_bills, draw_payments
from csat.simulation.burn_in import History
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY
from csat.simulation.contacts import Contact, draw_contacts, numbered
from csat.simulation.customers import Customers, draw_customers
from csat.simulation.draws import Streams, happens, sigmoid
from csat.simulation.engagement import EngagementEvent, draw_engagement
from csat.simulation.instruments import Instrument
from csat.simulation.interruptions import Interruption, draw_interruptions
from csat.simulation.interventions import intervention_gains
from csat.simulation.leaving import draw_leaving
from csat.simulation.programs import (
    add_program_effects,
    caused_contacts,
    caused_engagement,
    draw_enrollments,
    effect_sums,
)
from csat.simulation.rows import Rows
from csat.simulation.satisfaction import (
    contact_logits,
    gather_experiences,
    outside_logit,
    steady_logit,
)
from csat.simulation.signals import draw_signals
from csat.simulation.surveys import Answer, Invitation, draw_answers, draw_invitations
from csat.simulation.world import World

RowsT = TypeVar("RowsT", bound=Rows)


@dataclass(frozen=True)
class ChunkResult:
    """The tables of a chunk, and the sums from which the company's truth is put together."""

    tables: dict[str, pa.Table]
    truth: dict[str, pa.Table]
    program_sums: np.ndarray
    journey_sums: np.ndarray


def simulate_chunk(
    world: World,
    scales: tuple[Instrument, ...],
    seed: int,
    chunk: int,
    chunks: int,
    numbers: np.ndarray,
) -> ChunkResult:
    """Draw the customers with the company-wide ``numbers``, and all that happens to them."""
    streams = Streams(seed, 1 + chunk)
    customers = draw_customers(world, numbers, streams)
    interruptions = draw_interruptions(world, customers, streams)
    bills = draw_bills(world, customers, streams)
    payments = draw_payments(world, customers, bills, streams)
    engagement = draw_engagement(world, customers, streams)
    contacts = draw_contacts(world, customers, interruptions, bills, payments, engagement, streams)
    signals = draw_signals(world, customers, interruptions, bills, contacts, streams)

    experience = gather_experiences(
        world, customers, contacts, interruptions, bills, payments, engagement, signals
    ).decayed()
    enrollments = draw_enrollments(world, customers, experience, payments, streams)
    logit = experience
    logit += steady_logit(world, customers)
    logit += outside_logit(world, customers)
    add_program_effects(world, enrollments, logit)
    probability = sigmoid(logit)
    leaving = draw_leaving(world, customers, probability, streams)
    closed = leaving.closed

    journey_sums = truth.journey_sums(
        world, contacts, contact_logits(world, customers, contacts), logit
    )
    contacts = numbered(
        Contact.concatenate([contacts, caused_contacts(world, customers, enrollments, streams)])
    )
    engagement = EngagementEvent.concatenate(
        [engagement, caused_engagement(world, enrollments, streams)]
    )
    engagement = engagement.take(np.argsort(engagement.occurred, kind="stable"))

    # Whoever has left does nothing more. Bills keep their place, for payments name them.
    contacts = _before_closing(contacts, contacts.started, closed)
    engagement = _before_closing(engagement, engagement.occurred, closed)
    interruptions = _before_closing(interruptions, interruptions.started, closed)
    signals = _before_closing(signals, signals.occurred, closed)
    enrollments = _before_closing(enrollments, enrollments.enrolled, closed)
    bills, payments = _bills_before_closing(bills, payments, closed)

    invitations = draw_invitations(world, customers, closed, contacts, engagement, streams)
    answers = draw_answers(world, scales, customers, contacts, invitations, logit, streams)
    history = History(
        contacts, bills, payments, interruptions, engagement, signals, invitations, answers
    ).written(world.calendar)
    contacts, bills, interruptions = history.contacts, history.bills, history.interruptions
    invitations, answers = history.invitations, history.answers
    gains = intervention_gains(world, customers, contacts, bills, interruptions, logit[-1], streams)

    def write_comments(given: np.ndarray) -> list[str | None]:
        occasions = _occasions(
            world,
            scales,
            customers,
            contacts,
            bills,
            interruptions,
            invitations.take(given),
            answers.take(given),
            streams["languages"],
        )
        return comments.draw_comments(world.parameters.comments, occasions, streams["comments"])

    builder = tables.TableBuilder(
        world, chunk, chunks, tables.customer_ids(world, customers.number), streams
    )
    return ChunkResult(
        tables={
            "customers": tables.customers_table(builder, customers, closed),
            "customer_attributes": tables.attributes_table(builder, customers, closed),
            "contacts": tables.contacts_table(builder, customers, contacts),
            "bills": tables.bills_table(builder, bills),
            "payments": tables.payments_table(builder, history.payments),
            "interruptions": tables.interruptions_table(builder, interruptions),
            "engagement_events": tables.engagement_table(builder, history.engagement),
            "survey_invitations": tables.invitations_table(
                builder, customers, contacts, invitations
            ),
            "survey_responses": tables.responses_table(
                builder, customers, contacts, invitations, answers, scales, write_comments
            ),
            "program_enrollments": tables.enrollments_table(builder, enrollments),
            "customer_signals": tables.signals_table(builder, history.signals),
        },
        truth={
            "customer_days": truth.customer_days_table(builder, probability, leaving.present),
            "responses": truth.responses_table(builder, invitations, answers),
            "hazards": truth.hazards_table(builder, leaving),
            "interventions": truth.interventions_table(
                builder, gains, leaving.present[-1] & (closed == NEVER)
            ),
        },
        program_sums=effect_sums(world, enrollments, logit, leaving.present),
        journey_sums=journey_sums,
    )


def _before_closing(rows: RowsT, moment: np.ndarray, closed: np.ndarray) -> RowsT:
    """The ``rows`` that come before their customer has left."""
    return rows.take(moment < closed[rows.customer])


def _bills_before_closing(
    bills: Bill, payments: Payment, closed: np.ndarray
) -> tuple[Bill, Payment]:
    """The bills issued before closing, and their payments made before it, renumbered."""
    is_kept = bills.issued < closed[bills.customer]
    position = np.cumsum(is_kept) - 1
    payments = payments.take(is_kept[payments.bill])
    payments = _before_closing(payments, payments.paid, closed)
    return bills.take(is_kept), replace(payments, bill=position[payments.bill])


def _occasions(
    world: World,
    scales: tuple[Instrument, ...],
    customers: Customers,
    contacts: Contact,
    bills: Bill,
    interruptions: Interruption,
    invitations: Invitation,
    answers: Answer,
    random: np.random.Generator,
) -> comments.Occasion:
    """What each answer is about: its contact, or what the customer went through lately."""
    customer = invitations.customer
    is_german = happens(random, np.full(len(customers), world.parameters.comments.german_share))[
        customer
    ]
    highest = np.array([len(scale.answers) - 1 for scale in scales])[invitations.instrument]
    is_low = answers.rating < world.parameters.comments.low_rating_share * highest
    low = np.where(is_low, comments.DISSATISFIED, comments.INDIFFERENT)
    mood = np.where(answers.is_favourable, comments.SATISFIED, low)

    shock_ratio = world.parameters.billing.shock_ratio
    lately = world.parameters.comments.memory_days * SECONDS_PER_DAY
    had_outage = _happened_lately(
        interruptions.customer, interruptions.started, invitations, lately
    )
    is_shock = bills.ratio_to_normal >= shock_ratio
    had_shock = _happened_lately(
        bills.customer[is_shock], bills.issued[is_shock], invitations, lately
    )
    cause = np.where(had_outage, comments.CAUSE_OUTAGE, comments.CAUSE_COMPANY)
    cause = np.where(had_shock, comments.CAUSE_BILL, cause)
    # Whoever is asked on the website speaks about the website.
    is_on_website = invitations.touchpoint == catalog.WEBSITE
    cause = np.where(is_on_website, comments.CAUSE_WEBSITE, cause)
    topic = np.full(len(customer), -1)
    if len(contacts):
        contact = contacts.take(np.maximum(invitations.contact, 0))
        has_contact = invitations.contact >= 0
        topic = np.where(has_contact, contact.topic, -1)
        by_topic = np.where(topic == catalog.OUTAGE, comments.CAUSE_OUTAGE, comments.CAUSE_SERVICE)
        is_bill = np.isin(topic, (catalog.BILL_QUESTION, catalog.PAYMENT, catalog.METER_READING))
        by_contact = np.where(is_bill, comments.CAUSE_BILL, by_topic)
        is_long = contact.wait > world.parameters.comments.long_wait_seconds
        # What is settled only after the invitation, or opened again before it, is not yet solved.
        is_open = contact.resolved > invitations.sent
        is_open |= (contact.reopened <= invitations.sent) & (
            contact.resolved_again > invitations.sent
        )
        for is_so, which in (
            (contact.transfers > 0, comments.CAUSE_TRANSFERS),
            (is_open, comments.CAUSE_UNRESOLVED),
            (is_long & (contact.channel == catalog.PHONE), comments.CAUSE_WAIT),
            (is_long & (contact.channel != catalog.PHONE), comments.CAUSE_LINE),
        ):
            by_contact = np.where(is_so, which, by_contact)
        cause = np.where(has_contact, by_contact, cause)
    return comments.Occasion(mood, cause, topic, is_german)


def _happened_lately(
    customer: np.ndarray, moment: np.ndarray, invitations: Invitation, window: int
) -> np.ndarray:
    """True where one of the events befell the customer within ``window`` before the sending."""
    far = np.int64(1) << 40
    key = np.sort(customer * far + moment)
    base = invitations.customer * far
    until = np.searchsorted(key, base + invitations.sent)
    return until > np.searchsorted(key, base + np.maximum(invitations.sent - window, 0))
