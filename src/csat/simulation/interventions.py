"""What each intervention would gain for each customer as of the last day."""

from __future__ import annotations

import numpy as np

from csat.simulation import catalog
from csat.simulation.billing import Bill
from csat.simulation.calendar import NEVER, SECONDS_PER_DAY
from csat.simulation.contacts import Contact
from csat.simulation.customers import Customers
from csat.simulation.draws import Streams, sigmoid
from csat.simulation.interruptions import Interruption
from csat.simulation.world import World

INTERVENTIONS = ("personal_call", "bill_review", "outage_credit", "digital_help")


def intervention_gains(
    world: World,
    customers: Customers,
    contacts: Contact,
    bills: Bill,
    interruptions: Interruption,
    logit: np.ndarray,
    streams: Streams,
) -> np.ndarray:
    """Gains in points, interventions x customers; ``logit`` is that of the last day.

    gain = 100 * (sigmoid(logit + responsiveness * (base + added * cause)) - sigmoid(logit)),
    with a cause of 0..1 that the records of the last days show.
    """
    random = streams["interventions"]
    design = world.parameters.interventions
    count = len(customers)
    since = world.calendar.end_seconds - design.cause_days * SECONDS_PER_DAY

    def total(customer: np.ndarray, weight: np.ndarray) -> np.ndarray:
        return np.bincount(customer, weights=weight, minlength=count)

    unresolved = total(contacts.customer, ~contacts.is_resolved & (contacts.started >= since))
    is_shock = bills.ratio_to_normal >= world.parameters.billing.shock_ratio
    shocks = total(bills.customer, (is_shock | (bills.disputed < NEVER)) & (bills.issued >= since))
    hours = total(interruptions.customer, interruptions.hours * (interruptions.started >= since))
    causes = np.stack(
        [
            np.minimum(1, unresolved),
            np.minimum(1, shocks),
            np.minimum(1, hours / design.outage_credit_hours),
            4 * customers.digital * (1 - customers.digital),
        ]
    )
    designs = np.array([getattr(design, name) for name in INTERVENTIONS])
    responsiveness = np.exp(
        design.responsiveness_spread * random.standard_normal((len(INTERVENTIONS), count))
        - design.responsiveness_spread**2 / 2
    )
    is_business = customers.customer_type == catalog.BUSINESS
    responsiveness[0, is_business] *= design.personal_call_business_factor
    added = responsiveness * (designs[:, :1] + designs[:, 1:] * causes)
    return 100 * (sigmoid(logit + added) - sigmoid(logit))
