"""Programs: who enrols and when, what they cause, and what they truly do."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from csat.simulation import catalog
from csat.simulation.billing import Payment
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY, SECONDS_PER_HOUR, day_of
from csat.simulation.contacts import Contact, handle, reasons
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, delays, happens, sigmoid
from csat.simulation.engagement import NO_PROGRAM, EngagementEvent, events
from csat.simulation.parameters import Parameters, ProgramDesign, ProgramParameters
from csat.simulation.rows import Rows
from csat.simulation.world import World, logit_of_points

DAYS_PER_WEEK = 7
#: The effect counts as full after this many ramps (95 % of it is there).
RAMPS_TO_FULL_EFFECT = 3


def designs(parameters: Parameters) -> list[tuple[str, ProgramDesign]]:
    """Identifier and design of each program, in the order of their numbers."""
    return [
        (item.name, getattr(parameters.programs, item.name))
        for item in fields(ProgramParameters)
        if item.type == "ProgramDesign"
    ]


@dataclass(frozen=True)
class Enrollment(Rows):
    """Enrollments; ``effect`` is the customer's own full effect in logits."""

    program: np.ndarray
    customer: np.ndarray
    enrolled: np.ndarray
    ended: np.ndarray
    effect: np.ndarray


def start_day(world: World, design: ProgramDesign) -> int:
    """The day on which a program starts."""
    return min(world.calendar.day_at(design.starts_at), world.calendar.days - 1)


def draw_enrollments(
    world: World,
    customers: Customers,
    experience: np.ndarray,
    payments: Payment,
    streams: Streams,
) -> Enrollment:
    """Enrol customers week by week.

    ``experience`` is the decayed sum of experiences before any program, days x customers.
    """
    parts = []
    for number, (name, design) in enumerate(designs(world.parameters)):
        random = streams[f"program {name}"]
        if design.audience == "company":
            continue
        if design.audience == "random":
            customer, day = _randomized(world, customers, design, random)
        else:
            customer, day = _by_week(world, customers, design, experience, payments, random)
        parts.append(_enrolled(world, design, number, customer, day, random))
    enrollments = Enrollment.concatenate(parts)
    is_inside = enrollments.enrolled > customers.joined[enrollments.customer]
    is_inside &= enrollments.enrolled < world.calendar.end_seconds
    enrollments = enrollments.take(is_inside)
    return enrollments.take(np.argsort(enrollments.enrolled, kind="stable"))


def _weeks(world: World, design: ProgramDesign) -> range:
    start = start_day(world, design)
    return range(start, min(start + design.enrolment_days, world.calendar.days), DAYS_PER_WEEK)


def _randomized(
    world: World, customers: Customers, design: ProgramDesign, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A random share of the customers, each in a random week."""
    share = world.parameters.programs.randomized_share
    customer = np.flatnonzero(happens(random, np.full(len(customers), share)))
    weeks = np.array(_weeks(world, design))
    return customer, weeks[random.integers(0, len(weeks), len(customer))]


def _by_week(
    world: World,
    customers: Customers,
    design: ProgramDesign,
    experience: np.ndarray,
    payments: Payment,
    random: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Customers who qualify and get in, each in the first week in which they do."""
    late = payments.take(payments.is_late)
    late_day = day_of(late.paid)
    can_enrol = np.ones(len(customers), dtype=bool)
    if design.audience == "mail":
        can_enrol &= customers.takes_mail
    elif design.audience == "paper":
        can_enrol &= customers.digital < world.parameters.customers.digital_mean
    steady = (
        design.enrol_logit
        + design.trait_logit * customers.trait
        + design.digital_logit * (customers.digital - world.parameters.customers.digital_mean)
    )
    enrolled_customers, enrolled_days = [], []
    for day in _weeks(world, design):
        qualifies = can_enrol & (customers.joined <= day * SECONDS_PER_DAY)
        if design.audience == "late_payers":
            first_day = day - world.parameters.programs.late_payer_days
            is_recent = (late_day < day) & (late_day >= first_day)
            is_late_payer = np.zeros(len(customers), dtype=bool)
            is_late_payer[late.customer[is_recent]] = True
            qualifies &= is_late_payer
        probability = sigmoid(steady - design.trouble_logit * experience[day])
        enrols = np.flatnonzero(qualifies & happens(random, probability))
        can_enrol[enrols] = False
        enrolled_customers.append(enrols)
        enrolled_days.append(np.full(len(enrols), day))
    return np.concatenate(enrolled_customers), np.concatenate(enrolled_days)


def _enrolled(
    world: World,
    design: ProgramDesign,
    number: int,
    customer: np.ndarray,
    day: np.ndarray,
    random: np.random.Generator,
) -> Enrollment:
    count = len(customer)
    enrolled = (day + random.integers(0, DAYS_PER_WEEK, count)) * SECONDS_PER_DAY + delays(
        random, world.parameters.programs.working_hours, SECONDS_PER_HOUR, count
    )
    ended = np.full(count, NEVER)
    if design.mean_days_enrolled:
        days = DAYS_PER_WEEK + random.exponential(design.mean_days_enrolled, count)
        ended = enrolled + (days * SECONDS_PER_DAY).astype(np.int64)
    heterogeneity = world.parameters.programs.effect_heterogeneity
    mean_effect = logit_of_points(world.parameters, design.effect_points)
    return Enrollment(
        program=np.full(count, number),
        customer=customer,
        enrolled=enrolled,
        ended=ended,
        effect=mean_effect * (1 + heterogeneity * random.standard_normal(count)),
    )


def effect_logits(world: World, number: int, enrollments: Enrollment) -> np.ndarray:
    """The effect of one program on its enrolled customers, days x enrollments.

    effect * (1 - exp(-(days since enrolment) / ramp)), fading by its half-life after the end.
    """
    _, design = designs(world.parameters)[number]
    days = np.arange(world.calendar.days)[:, None]
    since = days - day_of(enrollments.enrolled)[None, :]
    ramp = np.where(since >= 0, 1 - np.exp(-np.maximum(since, 0) / design.ramp_days), 0)
    after_end = np.maximum(0, days - day_of(enrollments.ended)[None, :])
    fading = 0.5 ** (after_end / world.parameters.programs.fading_half_life)
    return (ramp * fading * enrollments.effect[None, :]).astype(np.float32)


def policy_logits(world: World) -> np.ndarray:
    """The effect of company-wide programs on everyone, by day."""
    total = np.zeros(world.calendar.days, np.float32)
    for _, design in designs(world.parameters):
        if design.audience == "company":
            since = np.arange(world.calendar.days) - start_day(world, design)
            ramp = 1 - np.exp(-np.maximum(since, 0) / design.ramp_days)
            total += (ramp * logit_of_points(world.parameters, design.effect_points)).astype(
                np.float32
            )
    return total


def add_program_effects(world: World, enrollments: Enrollment, logit: np.ndarray) -> None:
    """Add the effects of all programs to ``logit``, days x customers, in place."""
    logit += policy_logits(world)[:, None]
    for number in range(len(designs(world.parameters))):
        enrolled = enrollments.take(enrollments.program == number)
        # A customer is enrolled at most once per program, so columns do not repeat.
        logit[:, enrolled.customer] += effect_logits(world, number, enrolled)


def effect_sums(
    world: World, enrollments: Enrollment, logit: np.ndarray, present: np.ndarray
) -> np.ndarray:
    """Sums behind the true effects, one row per program.

    Columns: treated customers; customer-days at full effect and the sum of the effect in
    points over them; all customer-days since enrolment and the sum over them. ``logit`` holds
    all effects; ``present`` tells the days on which a customer is a customer.
    """
    programs = designs(world.parameters)
    sums = np.zeros((len(programs), 5))
    days = np.arange(world.calendar.days)[:, None]
    for number, (_, design) in enumerate(programs):
        if design.audience == "company":
            effect = np.broadcast_to(policy_logits(world)[:, None], logit.shape)
            since = np.broadcast_to(days - start_day(world, design), logit.shape)
            with_all, is_present, is_running = logit, present, np.True_
            treated = present.any(axis=0).sum()
        else:
            enrolled = enrollments.take(enrollments.program == number)
            effect = effect_logits(world, number, enrolled)
            since = days - day_of(enrolled.enrolled)[None, :]
            with_all = logit[:, enrolled.customer]
            is_present = present[:, enrolled.customer]
            is_running = days < day_of(enrolled.ended)[None, :]
            treated = len(enrolled)
        points = 100 * (sigmoid(with_all) - sigmoid(with_all - effect))
        is_treated = is_present & (since >= 0)
        is_full = is_treated & is_running & (since >= RAMPS_TO_FULL_EFFECT * design.ramp_days)
        sums[number] = (
            treated,
            is_full.sum(),
            points[is_full].sum(dtype=float),
            is_treated.sum(),
            points[is_treated].sum(dtype=float),
        )
    return sums


def caused_contacts(
    world: World, customers: Customers, enrollments: Enrollment, streams: Streams
) -> Contact:
    """The contacts that programs cause: calls by the service, help after a forced change."""
    random = streams["program contacts"]
    programs = [design for _, design in designs(world.parameters)]
    expected = np.array([design.contacts_per_enrollment for design in programs])
    calls = happens(random, np.minimum(1.0, expected[enrollments.program]))
    calling = enrollments.take(calls)
    design = world.parameters.programs
    day = day_of(calling.enrolled) + random.integers(0, design.contact_days + 1, len(calling))
    moment = day * SECONDS_PER_DAY + delays(
        random, design.working_hours, SECONDS_PER_HOUR, len(calling)
    )
    moment = np.maximum(moment, calling.enrolled + 60)
    is_harmful = np.array([design.effect_points < 0 for design in programs])
    topic = np.where(is_harmful[calling.program], catalog.APP_HELP, catalog.SERVICE_CHECK)
    wanted = reasons(
        calling.customer, moment, topic, program=_attributed(world, calling.program, random)
    )
    wanted = wanted.take(moment < world.calendar.end_seconds)
    return handle(world, customers, wanted, random)


def caused_engagement(world: World, enrollments: Enrollment, streams: Streams) -> EngagementEvent:
    """The mails opened because of programs."""
    random = streams["program mails"]
    programs = [design for _, design in designs(world.parameters)]
    weekly = np.array([design.mail_opens_per_week for design in programs])
    end = np.minimum(enrollments.ended, world.calendar.end_seconds)
    seconds = end - enrollments.enrolled
    opens = random.poisson(weekly[enrollments.program] * seconds / SECONDS_PER_DAY / DAYS_PER_WEEK)
    owner = np.repeat(np.arange(len(enrollments)), opens)
    opened = enrollments.enrolled[owner] + (random.random(len(owner)) * seconds[owner]).astype(
        np.int64
    )
    program = _attributed(world, enrollments.program[owner], random)
    return events(
        enrollments.customer[owner], opened, catalog.EVENT_EMAIL, catalog.EMAIL_OPEN, program
    )


def _attributed(world: World, program: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The program of each event, or none where the company failed to note it."""
    share = world.parameters.programs.attributed_share
    return np.where(happens(random, np.full(len(program), share)), program, NO_PROGRAM)
