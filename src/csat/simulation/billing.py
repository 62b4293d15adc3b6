"""Bills and payments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY, SECONDS_PER_HOUR
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, categories, delays, happens
from csat.simulation.rows import Rows
from csat.simulation.world import World

MONTHS_PER_YEAR = 12
#: Bills are issued on one of these days after the first of the month.
BILLING_CYCLES = 28


@dataclass(frozen=True)
class Bill(Rows):
    """Bills in order of issue; moments in seconds, amounts in currency units."""

    customer: np.ndarray
    issued: np.ndarray
    due: np.ndarray
    amount: np.ndarray
    is_estimated: np.ndarray
    # ratio to the customer's normal bill of the season
    ratio_to_normal: np.ndarray
    disputed: np.ndarray
    is_first_after_moving: np.ndarray


@dataclass(frozen=True)
class Payment(Rows):
    """Payments in order of time; ``undone`` is when one failed or was reversed, or NEVER."""

    customer: np.ndarray
    bill: np.ndarray
    paid: np.ndarray
    amount: np.ndarray
    method: np.ndarray
    is_autopay: np.ndarray
    is_late: np.ndarray
    undone: np.ndarray
    final_status: np.ndarray


def draw_bills(world: World, customers: Customers, streams: Streams) -> Bill:
    """One bill per customer and month.

    amount = annual value / 12 * season * noise. An estimate is off by a lognormal error, and
    the next bill makes up for what an estimate was too low.
    """
    random = streams["bills"]
    design, calendar = world.parameters.billing, world.calendar
    count = len(customers)
    cycle = random.integers(0, BILLING_CYCLES, count)
    months = calendar.month_starts
    issue_day = months[:, None] + cycle[None, :]
    shape = issue_day.shape

    issued = issue_day * SECONDS_PER_DAY + random.integers(
        design.issue_hours[0] * SECONDS_PER_HOUR,
        design.issue_hours[1] * SECONDS_PER_HOUR,
        shape,
    )
    estimated_probability = np.where(
        customers.has_smart_meter, design.estimated_probability[1], design.estimated_probability[0]
    )
    is_estimated = happens(random, np.broadcast_to(estimated_probability, shape))
    error = np.where(is_estimated, design.estimate_spread * random.standard_normal(shape), 0.0)
    high_probability, high_excess = design.high_bill
    is_high = happens(random, np.full(shape, high_probability))
    excess = np.where(is_high, random.exponential(high_excess, shape), 0.0)
    # What an estimate left out comes with the next bill.
    correction = np.zeros(shape)
    correction[1:] = np.maximum(0, 1 - np.exp(error[:-1])) * ~is_estimated[1:]
    ratio = np.exp(error) + excess + correction
    season = _season(world, customers, np.clip(issue_day, 0, calendar.days - 1))
    noise = np.exp(design.amount_spread * random.standard_normal(shape))
    amount = customers.annual_value / MONTHS_PER_YEAR * season * ratio * noise

    is_shock = ratio >= design.shock_ratio
    is_disputed = happens(
        random, np.where(is_shock, design.dispute_probability[0], design.dispute_probability[1])
    )
    dispute_delay = delays(random, design.dispute_days, SECONDS_PER_DAY, shape)
    exists = (issued >= np.maximum(customers.joined, 0)) & (issue_day < calendar.days)
    is_first = exists & (np.cumsum(exists, axis=0) == 1) & customers.moved_in

    month, customer = np.nonzero(exists)
    order = np.argsort(issued[month, customer], kind="stable")
    month, customer = month[order], customer[order]
    at = (month, customer)
    return Bill(
        customer=customer,
        issued=issued[at],
        due=issued[at] + design.due_days * SECONDS_PER_DAY,
        amount=np.round(amount[at], 2),
        is_estimated=is_estimated[at],
        ratio_to_normal=ratio[at],
        disputed=np.where(is_disputed[at], issued[at] + dispute_delay[at], NEVER),
        is_first_after_moving=is_first[at],
    )


def _season(world: World, customers: Customers, day: np.ndarray) -> np.ndarray:
    """Seasonal factor of consumption: heating in January, a little cooling in July."""
    design, calendar = world.parameters.billing, world.calendar
    amplitude = np.asarray(design.seasonality)[customers.customer_type]
    heating = calendar.yearly_wave(peak=design.heating_peak)[day]
    cooling = np.maximum(0, calendar.yearly_wave(peak=design.cooling_peak))[day]
    return 1 + amplitude * heating + design.cooling * cooling


def draw_payments(world: World, customers: Customers, bills: Bill, streams: Streams) -> Payment:
    """One payment per paid bill, and a second one after a failed or reversed one."""
    random = streams["payments"]
    design = world.parameters.billing
    count = len(customers)
    has_autopay = happens(random, np.full(count, design.autopay_share))
    other_method = 1 + categories(random, design.method_shares, count)
    is_chronic = ~has_autopay & happens(random, np.full(count, design.chronic_late_share))

    bill = np.flatnonzero(~happens(random, np.full(len(bills), design.unpaid_probability)))
    customer = bills.customer[bill]
    is_autopay = has_autopay[customer]
    late_probability = np.where(
        is_chronic[customer], design.late_probability[0], design.late_probability[1]
    )
    is_late = happens(random, late_probability) & ~is_autopay
    early = random.random(len(bill)) * (design.due_days - 2)
    late = design.late_from_days + random.exponential(design.late_days, len(bill))
    days_after_due = np.where(is_late, late, np.where(is_autopay, 0.0, -early))
    paid = bills.due[bill] + (days_after_due * SECONDS_PER_DAY).astype(np.int64)

    fails, is_reversed = design.failure_probability
    outcome = categories(random, (1 - fails - is_reversed, fails, is_reversed), len(bill))
    method = np.where(is_autopay, catalog.DIRECT_DEBIT, other_method[customer])
    # Cash is there or it is not.
    outcome = np.where(method == catalog.CASH, catalog.SETTLED, outcome)
    is_undone = outcome != catalog.SETTLED
    undone_delay = delays(random, design.days_to_failure, SECONDS_PER_DAY, len(bill))
    first = Payment(
        customer=customer,
        bill=bill,
        paid=paid,
        amount=bills.amount[bill],
        method=method,
        is_autopay=is_autopay,
        is_late=is_late,
        undone=np.where(is_undone, paid + undone_delay, NEVER),
        final_status=outcome,
    )
    undone = first.take(is_undone)
    again = Payment(
        customer=undone.customer,
        bill=undone.bill,
        paid=undone.undone
        + delays(random, design.days_to_next_payment, SECONDS_PER_DAY, len(undone)),
        amount=undone.amount,
        method=other_method[undone.customer],
        is_autopay=np.zeros(len(undone), dtype=bool),
        is_late=np.zeros(len(undone), dtype=bool),
        undone=np.full(len(undone), NEVER),
        final_status=np.full(len(undone), catalog.SETTLED),
    )
    payments = Payment.concatenate([first, again])
    payments = payments.take(payments.paid < world.calendar.end_seconds)
    return payments.take(np.argsort(payments.paid, kind="stable"))
