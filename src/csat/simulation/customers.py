"""The customers of one chunk: what they are, seen and unseen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.simulation import catalog
from csat.simulation.calendar import DAYS_PER_YEAR, NEVER, SECONDS_PER_DAY
from csat.simulation.draws import (
    Streams,
    around,
    categories,
    categories_by_group,
    happens,
    moments_of_days,
)
from csat.simulation.rows import Rows
from csat.simulation.world import World


@dataclass(frozen=True)
class Customers(Rows):
    """Customers by their position in the chunk; moments in seconds, days as numbers."""

    # number in the whole company, from 1
    number: np.ndarray
    customer_type: np.ndarray
    # first day as a customer, negative before the simulated days
    since_day: np.ndarray
    # moment from which events may happen: 0, or that of joining
    joined: np.ndarray
    moved_in: np.ndarray
    feeder: np.ndarray
    area: np.ndarray
    plan: np.ndarray
    preferred_channel: np.ndarray
    annual_value: np.ndarray
    industry: np.ndarray
    product: np.ndarray
    tariff_group: np.ndarray
    digital: np.ndarray
    digital_segment: np.ndarray
    has_smart_meter: np.ndarray
    takes_mail: np.ndarray
    # unseen: persistent satisfaction, logit
    trait: np.ndarray
    # unseen: factor of the contact rate
    contact_rate: np.ndarray
    # moment and result of a change of plan, NEVER for none
    plan_changed: np.ndarray
    next_plan: np.ndarray
    # moment and result of a change of tariff group, NEVER for none
    tariff_changed: np.ndarray
    next_tariff_group: np.ndarray

    @property
    def tenure_years(self) -> np.ndarray:
        """Years as a customer at the first simulated day; 0 for those who join later."""
        return np.maximum(0, -self.since_day) / DAYS_PER_YEAR


def draw_customers(world: World, numbers: np.ndarray, streams: Streams) -> Customers:
    """Draw the customers with the given company-wide ``numbers``."""
    random = streams["customers"]
    design, calendar = world.parameters.customers, world.calendar
    count = len(numbers)
    customer_type = categories(random, design.type_shares, count)
    is_residential = customer_type == catalog.RESIDENTIAL

    years = around(random, design.median_tenure_years, design.tenure_spread, count)
    years = np.minimum(years, design.longest_tenure_years)
    since_day = -(years * DAYS_PER_YEAR).astype(np.int64) - 1
    joins = happens(random, np.full(count, design.joining_per_year * calendar.days / DAYS_PER_YEAR))
    joining_day = random.integers(0, calendar.days, count)
    since_day = np.where(joins, joining_day, since_day)
    joining_moment = moments_of_days(random, joining_day, world.parameters.calendar.hourly_contacts)

    feeder = random.integers(0, len(world.area_of_feeder), count)
    median_value = np.asarray(design.median_annual_value)[customer_type]
    value_spread = np.asarray(design.annual_value_spread)[customer_type]
    plan = categories(random, design.plan_shares, count)
    tariff_group = random.integers(0, len(catalog.TARIFF_GROUPS), count)
    mean, concentration = design.digital_mean, design.digital_concentration
    digital = random.beta(mean * concentration, (1 - mean) * concentration, count)
    digital_segment = np.searchsorted(design.digital_segment_bounds, digital)
    trait = world.parameters.satisfaction.trait_spread * random.standard_normal(count)
    contact_rate = np.exp(
        design.contact_rate_spread * random.standard_normal(count)
        - design.contact_rate_spread**2 / 2
        - design.unhappy_contact_rate * trait
    )
    return Customers(
        number=numbers,
        customer_type=customer_type,
        since_day=since_day,
        joined=np.where(joins, joining_moment, 0),
        moved_in=joins & happens(random, np.full(count, design.moved_in_share)),
        feeder=feeder,
        area=world.area_of_feeder[feeder],
        plan=plan,
        preferred_channel=_preferred_channel(world, digital, random),
        annual_value=np.round(
            median_value * np.exp(value_spread * random.standard_normal(count)), 2
        ),
        industry=np.where(is_residential, -1, random.integers(0, len(catalog.INDUSTRIES), count)),
        product=categories(random, design.product_shares, count),
        tariff_group=tariff_group,
        digital=digital,
        digital_segment=digital_segment,
        has_smart_meter=happens(random, np.full(count, design.smart_meter_share)),
        takes_mail=happens(random, np.full(count, world.parameters.engagement.mail_share)),
        trait=trait,
        contact_rate=contact_rate,
        plan_changed=_changes(world, design.plan_changes_per_year, joins, random),
        next_plan=(plan + random.integers(1, len(catalog.PLANS), count)) % len(catalog.PLANS),
        tariff_changed=_changes(world, design.tariff_changes_per_year, joins, random),
        next_tariff_group=(tariff_group + random.integers(1, len(catalog.TARIFF_GROUPS), count))
        % len(catalog.TARIFF_GROUPS),
    )


def _preferred_channel(
    world: World, digital: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Digital customers prefer chat, email, social and web; the others phone and branch."""
    design = world.parameters.customers
    shares = np.asarray(design.preferred_channel_shares)
    is_digital_channel = ~np.isin(np.arange(len(shares)), (catalog.PHONE, catalog.BRANCH))
    levels = np.linspace(0, 1, 5)
    low, high = design.digital_channel_weights
    pull = (low + (high - low) * levels)[:, None]
    weights = np.where(is_digital_channel, pull, low + high - pull)
    level = np.minimum((digital * len(levels)).astype(int), len(levels) - 1)
    return categories_by_group(random, shares * weights, level)


def _changes(
    world: World, per_year: float, joins: np.ndarray, random: np.random.Generator
) -> np.ndarray:
    """Moment of a change within the period for some of those who were there from the start."""
    count, days = len(joins), world.calendar.days
    probability = min(1.0, per_year * days / DAYS_PER_YEAR)
    moment = random.integers(SECONDS_PER_DAY, max(days, 2) * SECONDS_PER_DAY, count)
    return np.where(happens(random, np.full(count, probability)) & ~joins, moment, NEVER)
