"""True satisfaction: what experiences add to it, and how it fades.

    logit p(customer, day) = intercept + trait + type + plan + tenure + digital + area + season
                             + sum over families of the decaying sum of experiences
                             + programs + policies + shocks

An experience of size x on day d adds x * 2 ** (-(t - d) / half-life) on every day t >= d.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.billing import Bill, Payment
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY, day_of
from csat.simulation.contacts import NO_PARENT, Contact
from csat.simulation.customers import Customers
from csat.simulation.engagement import EngagementEvent
from csat.simulation.interruptions import Interruption
from csat.simulation.parameters import Parameters, SatisfactionParameters
from csat.simulation.signals import Signal
from csat.simulation.world import World


class Experiences:
    """Logits added on each day to each customer, by family of equal half-life."""

    def __init__(self, parameters: Parameters, days: int, customers: int) -> None:
        satisfaction = parameters.satisfaction
        self.shape = (days, customers)
        self.half_lives = {
            "contacts": satisfaction.contact_half_life,
            "billing": satisfaction.billing_half_life,
            "interruptions": satisfaction.interruption_half_life,
            "engagement": satisfaction.engagement_half_life,
        }
        self.added = {family: np.zeros(self.shape, np.float32) for family in self.half_lives}

    def add(
        self, family: str, moment: np.ndarray, customer: np.ndarray, logit: np.ndarray | float
    ) -> None:
        """Add ``logit`` on the day of each moment; moments after the period are ignored."""
        day = day_of(moment)
        inside = day < self.shape[0]
        values = np.broadcast_to(np.asarray(logit, np.float32), len(day))
        cell = day[inside] * self.shape[1] + customer[inside]
        np.add.at(self.added[family].reshape(-1), cell, values[inside])

    def decayed(self) -> np.ndarray:
        """The sum of all families on each day, days x customers.

        Every family starts at its expected level, so that the first weeks are like the others.
        """
        total = np.zeros(self.shape, np.float32)
        for family, half_life in self.half_lives.items():
            kept = np.float32(0.5 ** (1 / half_life))
            added = self.added[family]
            state = np.full(self.shape[1], added.mean() / (1 - kept), np.float32)
            for day in range(self.shape[0]):
                state *= kept
                state += added[day]
                total[day] += state
        return total


def steady_logit(world: World, customers: Customers) -> np.ndarray:
    """The part of the logit that stays with the customer."""
    design = world.parameters.satisfaction
    return (
        design.intercept
        + customers.trait
        + np.asarray(design.type_effects)[customers.customer_type]
        + np.asarray(design.plan_effects)[customers.plan]
        + design.tenure_effect * np.minimum(customers.tenure_years, 20) / 10
        + design.digital_effect * (customers.digital - world.parameters.customers.digital_mean)
        + world.area_effect[customers.area]
    ).astype(np.float32)


def outside_logit(world: World, customers: Customers) -> np.ndarray:
    """Season and injected shocks, days x customers."""
    season = -world.parameters.satisfaction.season * world.calendar.yearly_wave(peak=0.0)
    by_area = season[:, None] + world.added_logit
    return by_area.astype(np.float32)[:, customers.area]


def contact_logits(world: World, customers: Customers, contacts: Contact) -> np.ndarray:
    """What each contact itself adds when it ends (a reopening adds more, later)."""
    design = world.parameters.satisfaction
    wait = np.maximum(contacts.wait, 0)
    preferred = customers.preferred_channel[contacts.customer]
    is_quick = contacts.resolved == contacts.ended
    is_quick &= (wait <= design.short_wait_seconds) & (contacts.transfers == 0)
    is_quick &= contacts.hours_to_answer < design.quick_answer_hours
    return (
        design.contact
        + design.five_minute_wait * np.log2(1 + wait / 300)
        + design.transfer * contacts.transfers
        + design.unresolved * ~contacts.is_resolved
        + design.slow_answer_day * np.log2(1 + contacts.hours_to_answer / 24)
        + design.skill_missing * contacts.lacks_skill
        + design.new_agent * contacts.is_agent_new
        + design.channel_not_served * (contacts.channel != preferred)
        + design.quick_resolution * is_quick
        + world.agents.effect[contacts.agent]
    )


def interruption_logits(design: SatisfactionParameters, interruptions: Interruption) -> np.ndarray:
    """What each interruption adds when supply is restored."""
    return (
        design.interruption_hour * np.log2(1 + interruptions.hours)
        + design.unplanned * ~interruptions.is_planned
        + design.not_announced * ~interruptions.is_announced
        + design.announced * interruptions.is_announced
        + design.missed_promise * interruptions.is_promise_missed
    )


@dataclass(frozen=True)
class Journey:
    """A named journey whose last step, a contact, weighs more than its parts.

    ``parameter`` names the added logit in ``SatisfactionParameters``.
    """

    journey_id: str
    description: str
    parameter: str

    def added_logit(self, design: SatisfactionParameters) -> float:
        """Logit on top of what the last step adds by itself."""
        return getattr(design, self.parameter)


JOURNEYS = (
    Journey(
        "outage_call_call",
        "An interruption, a contact about it, and a second contact about it",
        "outage_call_call",
    ),
    Journey(
        "move_in_bill_call",
        "Moving in, the first bill, and a contact about it",
        "move_in_bill_call",
    ),
    Journey(
        "digital_try_call",
        "A try in the app, trouble, and a contact within hours",
        "digital_try_call",
    ),
)


def last_steps(world: World, contacts: Contact) -> list[np.ndarray]:
    """For each of ``JOURNEYS``, true for the contacts that complete it."""
    design = world.parameters.satisfaction
    has_parent = contacts.parent != NO_PARENT
    earlier = contacts.take(np.maximum(contacts.parent, 0))
    within = contacts.started - earlier.started <= design.journey_days * SECONDS_PER_DAY
    is_second = has_parent & (earlier.parent == NO_PARENT) & within
    return [
        is_second & (contacts.topic == catalog.OUTAGE),
        contacts.is_about_first_bill & ~has_parent,
        contacts.is_after_digital_try & ~has_parent,
    ]


def gather_experiences(
    world: World,
    customers: Customers,
    contacts: Contact,
    interruptions: Interruption,
    bills: Bill,
    payments: Payment,
    engagement: EngagementEvent,
    signals: Signal,
) -> Experiences:
    """Everything that customers live through, as logits by day and customer."""
    design = world.parameters.satisfaction
    gathered = Experiences(world.parameters, world.calendar.days, len(customers))

    logits = contact_logits(world, customers, contacts)
    for journey, is_last_step in zip(JOURNEYS, last_steps(world, contacts), strict=True):
        logits = logits + journey.added_logit(design) * is_last_step
    gathered.add("contacts", contacts.ended, contacts.customer, logits)
    reopened = contacts.take(contacts.reopened < NEVER)
    gathered.add("contacts", reopened.reopened, reopened.customer, design.reopened)
    missed = signals.take(signals.signal == catalog.CALLBACK_MISSED)
    gathered.add("contacts", missed.occurred, missed.customer, design.missed_callback)

    shock_ratio = world.parameters.billing.shock_ratio
    shock = np.where(
        bills.ratio_to_normal >= shock_ratio, np.log(np.maximum(bills.ratio_to_normal, 1e-6)), 0.0
    )
    gathered.add(
        "billing",
        bills.issued,
        bills.customer,
        design.estimated_bill * bills.is_estimated + design.bill_shock * shock,
    )
    disputed = bills.take(bills.disputed < NEVER)
    gathered.add("billing", disputed.disputed, disputed.customer, design.disputed_bill)
    late = payments.take(payments.is_late)
    gathered.add("billing", late.paid, late.customer, design.late_payment)
    undone = payments.take(payments.undone < NEVER)
    gathered.add("billing", undone.undone, undone.customer, design.failed_payment)

    gathered.add(
        "interruptions",
        interruptions.restored,
        interruptions.customer,
        interruption_logits(design, interruptions),
    )

    sessions = engagement.take(engagement.event_type == catalog.LOGIN)
    gathered.add("engagement", sessions.occurred, sessions.customer, design.session)
    trouble = engagement.take(engagement.event_type == catalog.APP_ERROR)
    gathered.add("engagement", trouble.occurred, trouble.customer, design.app_trouble)
    return gathered
