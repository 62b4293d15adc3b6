"""Sparse signals that fit in no other table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.billing import Bill
from csat.simulation.calendar import SECONDS_PER_DAY, SECONDS_PER_MINUTE
from csat.simulation.contacts import Contact
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, delays, happens
from csat.simulation.interruptions import Interruption
from csat.simulation.rows import Rows
from csat.simulation.world import World


@dataclass(frozen=True)
class Signal(Rows):
    """Signals; the value's unit depends on the signal."""

    customer: np.ndarray
    signal: np.ndarray
    occurred: np.ndarray
    value: np.ndarray


def draw_signals(
    world: World,
    customers: Customers,
    interruptions: Interruption,
    bills: Bill,
    contacts: Contact,
    streams: Streams,
) -> Signal:
    """Estimated meter reads (1), meter alerts in an outage (a count), missed call-backs (1)."""
    random = streams["signals"]
    design = world.parameters.signals

    estimated = bills.take(bills.is_estimated)
    read = _signal(
        estimated.customer, catalog.METER_READ_ESTIMATED, estimated.issued - SECONDS_PER_DAY, 1.0
    )

    alerts = customers.has_smart_meter[interruptions.customer]
    alerts = alerts & happens(random, np.full(len(interruptions), design.outage_alert_share))
    alerting = interruptions.take(alerts)
    alert = _signal(
        alerting.customer,
        catalog.OUTAGE_ALERTS,
        alerting.started
        + delays(random, design.outage_alert_minutes, SECONDS_PER_MINUTE, len(alerting)),
        1.0 + random.poisson(design.further_alerts, len(alerting)),
    )

    is_promised = ~contacts.is_resolved & happens(
        random, np.full(len(contacts), design.missed_callback_probability)
    )
    waiting = contacts.take(is_promised)
    delay = int(design.missed_callback_days * SECONDS_PER_DAY)
    missed = _signal(waiting.customer, catalog.CALLBACK_MISSED, waiting.ended + delay, 1.0)

    drawn = Signal.concatenate([read, alert, missed])
    drawn = drawn.take(
        (drawn.occurred >= customers.joined[drawn.customer])
        & (drawn.occurred < world.calendar.end_seconds)
    )
    # The key is (customer, signal, moment): one row each.
    key = (drawn.customer * len(catalog.SIGNALS) + drawn.signal) * (
        world.calendar.end_seconds
    ) + drawn.occurred
    return drawn.take(np.unique(key, return_index=True)[1])


def _signal(
    customer: np.ndarray, signal: int, occurred: np.ndarray, value: np.ndarray | float
) -> Signal:
    count = len(customer)
    return Signal(customer, np.full(count, signal), occurred, np.broadcast_to(value, count))
