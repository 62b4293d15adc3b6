"""The truth beside the data: what a model should find, and never reads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from csat.simulation import columns, programs, schemas
from csat.simulation.calendar import day_of
from csat.simulation.contacts import Contact
from csat.simulation.draws import sigmoid
from csat.simulation.interventions import INTERVENTIONS
from csat.simulation.leaving import HAZARD_BLOCK_DAYS, Leaving
from csat.simulation.satisfaction import JOURNEYS, last_steps
from csat.simulation.surveys import Answer, Invitation
from csat.simulation.tables import TableBuilder, agent_ids, program_ids
from csat.simulation.world import World

PAYMENT_PLAN_JOURNEY = "late_payment_plan"


def _table(name: str, values: dict[str, pa.Array]) -> pa.Table:
    return pa.table({column: values[column] for column in schemas.TRUTH[name].names})


def customer_days_table(
    builder: TableBuilder, probability: np.ndarray, present: np.ndarray
) -> pa.Table:
    """True probability per customer and day, ordered by both."""
    calendar = builder.world.calendar
    customer, day = np.nonzero(present.T)
    decimals = builder.world.parameters.output.truth_decimals
    rounded = np.round(probability.T[present.T].astype(np.float64), decimals)
    return _table(
        "customer_days",
        {
            "customer_id": builder.customer(customer),
            "date": columns.dates(calendar, day),
            "probability_satisfied": pa.array(rounded.astype(np.float32)),
        },
    )


def responses_table(builder: TableBuilder, invitations: Invitation, answers: Answer) -> pa.Table:
    """True response propensity per invitation."""
    sent = np.flatnonzero(invitations.is_sent)
    return _table(
        "responses",
        {
            "invitation_id": builder.identifier("V", sent),
            "response_propensity": columns.numbers(np.round(answers.propensity[sent], 4)),
        },
    )


def hazards_table(builder: TableBuilder, leaving: Leaving) -> pa.Table:
    """Mean daily hazard per customer and block of days."""
    blocks, count = leaving.daily_hazard.shape
    ratio = builder.world.parameters.churn.hazard_ratio_per_10_points
    significant = np.round(leaving.daily_hazard.T.astype(np.float64), 7)
    return _table(
        "hazards",
        {
            "customer_id": builder.customer(np.repeat(np.arange(count), blocks)),
            "start_date": columns.dates(
                builder.world.calendar,
                builder.world.calendar.first_day
                + np.tile(np.arange(blocks) * HAZARD_BLOCK_DAYS, count),
            ),
            "daily_hazard": pa.array(significant.astype(np.float32).ravel()),
            "hazard_ratio_per_10_points": columns.numbers(np.full(blocks * count, ratio)),
        },
    )


def interventions_table(
    builder: TableBuilder, gains: np.ndarray, is_customer: np.ndarray
) -> pa.Table:
    """Gain of each intervention for each customer of the last day."""
    kept = np.flatnonzero(is_customer)
    return _table(
        "interventions",
        {
            "customer_id": builder.customer(np.repeat(kept, len(INTERVENTIONS))),
            "intervention": columns.categories(
                INTERVENTIONS, np.tile(np.arange(len(INTERVENTIONS)), len(kept))
            ),
            "gain_points": columns.numbers(np.round(gains[:, kept].T.ravel(), 3)),
        },
    )


def journey_sums(
    world: World, contacts: Contact, own_logits: np.ndarray, logit: np.ndarray
) -> np.ndarray:
    """Sums behind the true effects of journeys, one row per journey of ``JOURNEYS``.

    Columns: customers, last steps, sum of the effect of the last step, sum of the interaction
    alone, both in points. ``own_logits`` is what each contact adds by itself.
    """
    sums = []
    for journey, is_last_step in zip(JOURNEYS, last_steps(world, contacts), strict=True):
        added_logit = journey.added_logit(world.parameters.satisfaction)
        is_last = is_last_step & (contacts.started >= world.calendar.first_second)
        is_last &= day_of(contacts.ended) < world.calendar.days
        last = contacts.take(is_last)
        after = logit[day_of(last.ended), last.customer]
        own = own_logits[is_last]
        points = 100 * (sigmoid(after) - sigmoid(after - own - added_logit))
        interaction = 100 * (sigmoid(after) - sigmoid(after - added_logit))
        sums.append((len(np.unique(last.customer)), len(last), points.sum(), interaction.sum()))
    return np.array(sums, dtype=float)


def journeys_table(world: World, sums: np.ndarray, program_sums: np.ndarray) -> pa.Table:
    """The named journeys with the true effect of their last step."""
    journeys = [
        (journey.journey_id, journey.description, *row)
        for journey, row in zip(JOURNEYS, sums, strict=True)
    ]
    names = [name for name, _ in programs.designs(world.parameters)]
    treated, full_days, full_points, _, _ = program_sums[names.index("payment_plan")]
    effect = full_points / full_days if full_days else np.nan
    journeys.append(
        (
            PAYMENT_PLAN_JOURNEY,
            "A late payment, and a payment plan within a month",
            treated,
            1.0,
            effect,
            0.0,
        )
    )
    identifier, description, customers, count, points, interaction = zip(*journeys, strict=True)
    return _table(
        "journeys",
        {
            "journey_id": pa.array(identifier, pa.string()),
            "description": pa.array(description, pa.string()),
            "effect_points": _ratios(points, count),
            "interaction_points": _ratios(interaction, count),
            "customers": columns.integers(np.array(customers)),
        },
    )


def programs_table(world: World, sums: np.ndarray) -> pa.Table:
    """True effect of each program on the treated."""
    treated, full_days, full_points, all_days, all_points = sums.T
    designed = [design.effect_points for _, design in programs.designs(world.parameters)]
    return _table(
        "programs",
        {
            "program_id": pa.array(program_ids(world), pa.string()),
            "effect_points": _ratios(full_points, full_days),
            "effect_points_since_enrollment": _ratios(all_points, all_days),
            "treated_customers": columns.integers(treated),
            "designed_points": columns.numbers(designed),
        },
    )


def _ratios(totals: np.ndarray, counts: np.ndarray) -> pa.Array:
    """``totals / counts`` to four decimals; null where nothing was counted."""
    totals, counts = np.asarray(totals, dtype=float), np.asarray(counts, dtype=float)
    ratio = np.round(totals / np.maximum(counts, 1), 4) + 0.0
    return pa.array(ratio, mask=counts == 0)


def shocks_table(world: World) -> pa.Table:
    """The injected shocks."""
    schema = schemas.TRUTH["shocks"]
    return pa.Table.from_pylist(
        [{name: getattr(shock, name) for name in schema.names} for shock in world.shocks], schema
    )


def agents_table(world: World) -> pa.Table:
    """True effect of each agent, in points of an average customer after one contact."""
    mean = world.parameters.satisfaction.mean_probability
    points = 100 * (sigmoid(np.log(mean / (1 - mean)) + world.agents.effect) - mean)
    return _table(
        "agents",
        {"agent_id": agent_ids(world), "effect_points": columns.numbers(np.round(points, 4))},
    )
