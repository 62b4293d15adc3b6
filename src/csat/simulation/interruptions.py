"""Interruptions as single customers live through them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation.calendar import NEVER, SECONDS_PER_HOUR
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, happens
from csat.simulation.rows import Rows
from csat.simulation.world import World, incidents_of_feeders


@dataclass(frozen=True)
class Interruption(Rows):
    """One row per incident and affected customer; moments in seconds, ``NEVER`` for none."""

    incident: np.ndarray
    customer: np.ndarray
    started: np.ndarray
    restored: np.ndarray
    is_planned: np.ndarray
    notified: np.ndarray
    promised: np.ndarray
    promised_restoration: np.ndarray
    cause: np.ndarray

    @property
    def hours(self) -> np.ndarray:
        """Hours without supply."""
        return (self.restored - self.started) / SECONDS_PER_HOUR

    @property
    def is_promise_missed(self) -> np.ndarray:
        """True where a restoration time was promised and not kept."""
        return self.restored > self.promised_restoration

    @property
    def is_announced(self) -> np.ndarray:
        """True where the customer was told."""
        return self.notified < NEVER


def draw_interruptions(world: World, customers: Customers, streams: Streams) -> Interruption:
    """Draw who of the customers on a failing feeder is affected, in order of time."""
    random = streams["interruptions"]
    incidents = world.incidents
    incident, customer = incidents_of_feeders(incidents, customers.feeder)
    is_affected = happens(random, incidents.affected_share[incident])
    is_affected &= incidents.started[incident] >= customers.joined[customer]
    is_affected &= incidents.started[incident] < world.calendar.end_seconds
    incident, customer = incident[is_affected], customer[is_affected]
    # Texts and mails reach the digital more often.
    low, high = world.parameters.interruptions.notice_reaches_probability
    reaches = happens(random, low + (high - low) * customers.digital[customer])
    return Interruption(
        incident=incident,
        customer=customer,
        started=incidents.started[incident],
        restored=incidents.restored[incident],
        is_planned=incidents.is_planned[incident],
        notified=np.where(reaches, incidents.notified[incident], NEVER),
        promised=incidents.promised[incident],
        promised_restoration=incidents.promised_restoration[incident],
        cause=incidents.cause[incident],
    )
