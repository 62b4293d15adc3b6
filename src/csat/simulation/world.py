"""What all customers share: areas, incidents, queues, agents.

Computed once per process from the seed alone. Loads and capacities are expectations per
customer of the company, so that chunks of customers can be drawn independently.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from csat.project import UserError
from csat.simulation import catalog
from csat.simulation.calendar import (
    DAYS_PER_YEAR,
    NEVER,
    SECONDS_PER_DAY,
    SECONDS_PER_HOUR,
    SECONDS_PER_MINUTE,
    Calendar,
)
from csat.simulation.draws import Streams, around, expand, happens
from csat.simulation.parameters import Parameters
from csat.simulation.rows import Rows
from csat.simulation.shocks import Shock


@dataclass(frozen=True)
class Incident(Rows):
    """Interruptions of feeders; moments in seconds, ``NEVER`` for none."""

    feeder: np.ndarray
    started: np.ndarray
    restored: np.ndarray
    is_planned: np.ndarray
    notified: np.ndarray
    promised: np.ndarray
    promised_restoration: np.ndarray
    cause: np.ndarray
    affected_share: np.ndarray


@dataclass(frozen=True)
class Agent(Rows):
    """Agents, sorted by queue and then by the day of hiring (negative before the period)."""

    queue: np.ndarray
    team: np.ndarray
    hired: np.ndarray
    effect: np.ndarray
    skills: np.ndarray


@dataclass(frozen=True)
class World:
    """The shared world of one company."""

    calendar: Calendar
    parameters: Parameters
    shocks: tuple[Shock, ...]
    customer_count: int
    area_names: tuple[str, ...]
    area_effect: np.ndarray
    area_of_feeder: np.ndarray
    incidents: Incident
    agents: Agent
    # mean wait in seconds by queue and hour of the period
    expected_wait: np.ndarray
    # added mean wait in seconds by day and area
    added_wait: np.ndarray
    # added logit of satisfaction by day and area
    added_logit: np.ndarray
    # relative number of contacts by day, mean 1
    contact_rhythm: np.ndarray

    def region_of_area(self, area: np.ndarray) -> np.ndarray:
        """Number of the region of each area."""
        return area // self.parameters.geography.areas_per_region


def build_world(
    calendar: Calendar,
    parameters: Parameters,
    shocks: tuple[Shock, ...],
    customer_count: int,
    seed: int,
) -> World:
    """Draw the shared world.

    Raises
    ------
    UserError
        If a shock names an unknown area or lies outside the period.
    """
    streams = Streams(seed, 0)
    geography = parameters.geography
    area_names = tuple(
        f"{region}_{number}"
        for region in geography.regions
        for number in range(1, geography.areas_per_region + 1)
    )
    feeders_per_area = max(
        geography.minimum_feeders_per_area,
        round(customer_count / len(area_names) / geography.customers_per_feeder),
    )
    area_of_feeder = np.repeat(np.arange(len(area_names)), feeders_per_area)
    rhythm = _contact_rhythm(calendar, parameters)
    incidents = _incidents(
        calendar, parameters, shocks, area_names, area_of_feeder, streams["incidents"]
    )
    added_wait, added_logit = _shock_effects(calendar, parameters, shocks, area_names)
    return World(
        calendar=calendar,
        parameters=parameters,
        shocks=shocks,
        customer_count=customer_count,
        area_names=area_names,
        area_effect=parameters.satisfaction.area_spread
        * streams["areas"].standard_normal(len(area_names)),
        area_of_feeder=area_of_feeder,
        incidents=incidents,
        agents=_agents(calendar, parameters, customer_count, streams["agents"]),
        expected_wait=_expected_wait(
            calendar, parameters, incidents, len(area_of_feeder), rhythm, streams["queues"]
        ),
        added_wait=added_wait,
        added_logit=added_logit,
        contact_rhythm=rhythm,
    )


def _contact_rhythm(calendar: Calendar, parameters: Parameters) -> np.ndarray:
    """Relative number of contacts of each day: weekday and holidays, mean 1."""
    weekday = np.asarray(parameters.calendar.weekday_contacts)[calendar.weekday]
    rhythm = np.where(calendar.is_holiday, parameters.calendar.holiday_contacts, weekday)
    return rhythm / rhythm.mean()


def _matching_areas(shock: Shock, parameters: Parameters, area_names: tuple[str, ...]) -> list[int]:
    regions = parameters.geography.regions
    if shock.area == "all":
        return list(range(len(area_names)))
    if shock.area in area_names:
        return [area_names.index(shock.area)]
    if shock.area in regions:
        per_region = parameters.geography.areas_per_region
        first = regions.index(shock.area) * per_region
        return list(range(first, first + per_region))
    raise UserError(
        f"Shock in unknown area '{shock.area}': use all, a region ({', '.join(regions)}) "
        f"or an area such as {area_names[0]}."
    )


def _shock_days(shock: Shock, calendar: Calendar) -> slice:
    first = calendar.day_number(shock.start_date)
    last = calendar.day_number(shock.end_date)
    if last < calendar.first_day or first >= calendar.days:
        raise UserError(
            f"Shock from {shock.start_date} to {shock.end_date} lies outside the simulated "
            f"days {calendar.dates[calendar.first_day]} to {calendar.dates[-1]}: "
            "move it or the period."
        )
    return slice(max(first, calendar.first_day), min(last, calendar.days - 1) + 1)


def _shock_effects(
    calendar: Calendar,
    parameters: Parameters,
    shocks: tuple[Shock, ...],
    area_names: tuple[str, ...],
) -> tuple[np.ndarray, np.ndarray]:
    """Added mean wait in seconds and added logit, each by day and area."""
    added_wait = np.zeros((calendar.days, len(area_names)))
    added_logit = np.zeros((calendar.days, len(area_names)))
    for shock in shocks:
        days = _shock_days(shock, calendar)
        areas = _matching_areas(shock, parameters, area_names)
        if shock.kind == "queue_failure":
            wait = abs(shock.points) * parameters.queues.shock_wait_seconds_per_point
            added_wait[days, areas] += wait
        elif shock.kind == "satisfaction":
            added_logit[days, areas] += logit_of_points(parameters, shock.points)
    return added_wait, added_logit


def logit_of_points(parameters: Parameters, points: float) -> float:
    """The change of the logit that moves the mean probability by ``points``."""
    mean = parameters.satisfaction.mean_probability
    moved = min(max(mean + points / 100, 0.001), 0.999)
    return float(np.log(moved / (1 - moved)) - np.log(mean / (1 - mean)))


def _incidents(
    calendar: Calendar,
    parameters: Parameters,
    shocks: tuple[Shock, ...],
    area_names: tuple[str, ...],
    area_of_feeder: np.ndarray,
    random: np.random.Generator,
) -> Incident:
    design = parameters.interruptions
    _, fault_minutes, planned_minutes = design.median_minutes
    feeders = len(area_of_feeder)
    storms = _storms(calendar, parameters, area_of_feeder, random)
    faults = _single_incidents(
        calendar,
        parameters,
        feeders,
        random,
        per_year=design.faults_per_feeder_year,
        median_minutes=fault_minutes,
        causes=catalog.FAULT_CAUSES,
        is_planned=False,
    )
    planned_works = _single_incidents(
        calendar,
        parameters,
        feeders,
        random,
        per_year=design.planned_works_per_feeder_year,
        median_minutes=planned_minutes,
        causes=catalog.PLANNED_CAUSES,
        is_planned=True,
    )
    parts = [storms, faults, planned_works]
    for shock in shocks:
        if shock.kind == "storm":
            areas = _matching_areas(shock, parameters, area_names)
            days = _shock_days(shock, calendar)
            parts.append(_storm_shock(shock, areas, days, parameters, area_of_feeder, random))
    incidents = Incident.concatenate(parts)
    return incidents.take(np.argsort(incidents.started, kind="stable"))


def _storms(
    calendar: Calendar,
    parameters: Parameters,
    area_of_feeder: np.ndarray,
    random: np.random.Generator,
) -> Incident:
    design, geography = parameters.interruptions, parameters.geography
    season = 1 + design.storm_seasonality * calendar.yearly_wave(design.storm_peak)
    storms = random.poisson(design.storms_per_year / DAYS_PER_YEAR * season)
    storm_day = np.repeat(np.arange(calendar.days), storms)
    severity = around(random, 1.0, design.storm_severity_spread, len(storm_day))
    region = random.integers(0, len(geography.regions), len(storm_day))
    areas = int(area_of_feeder[-1]) + 1
    is_near = np.arange(areas)[None, :] // geography.areas_per_region == region[:, None]
    near, far = design.storm_area_probability
    is_hit = happens(random, np.where(is_near, near, far))
    failure = np.minimum(0.9, design.storm_feeder_probability * severity)
    fails = happens(random, is_hit[:, area_of_feeder] * failure[:, None])
    storm, feeder = np.nonzero(fails)
    onset = random.integers(0, SECONDS_PER_DAY, len(storm_day))
    spread = (random.random(len(storm)) * design.storm_onset_hours * SECONDS_PER_HOUR).astype(int)
    return _described(
        parameters,
        feeder=feeder,
        started=storm_day[storm] * SECONDS_PER_DAY + onset[storm] + spread,
        median_minutes=design.median_minutes[0] * severity[storm],
        causes=catalog.STORM_CAUSES,
        is_planned=False,
        random=random,
    )


def _single_incidents(
    calendar: Calendar,
    parameters: Parameters,
    feeders: int,
    random: np.random.Generator,
    *,
    per_year: float,
    median_minutes: float,
    causes: tuple[int, ...],
    is_planned: bool,
) -> Incident:
    """Incidents of single feeders, even over the period; planned ones begin in the day."""
    count = random.poisson(feeders * per_year * calendar.days / DAYS_PER_YEAR)
    first_hour, last_hour = parameters.interruptions.planned_hours
    second_of_day = (
        random.integers(first_hour * SECONDS_PER_HOUR, last_hour * SECONDS_PER_HOUR, count)
        if is_planned
        else random.integers(0, SECONDS_PER_DAY, count)
    )
    return _described(
        parameters,
        feeder=random.integers(0, feeders, count),
        started=random.integers(0, calendar.days, count) * SECONDS_PER_DAY + second_of_day,
        median_minutes=np.full(count, median_minutes),
        causes=causes,
        is_planned=is_planned,
        random=random,
    )


def _storm_shock(
    shock: Shock,
    areas: list[int],
    days: slice,
    parameters: Parameters,
    area_of_feeder: np.ndarray,
    random: np.random.Generator,
) -> Incident:
    """Failures of the feeders of ``areas`` on each day of the shock."""
    design = parameters.interruptions
    strength = abs(shock.points)
    feeders = np.flatnonzero(np.isin(area_of_feeder, areas))
    day_numbers = np.arange(days.start, days.stop)
    failure = min(1.0, design.shock_feeder_probability_per_point * strength)
    day, feeder = np.nonzero(happens(random, np.full((len(day_numbers), len(feeders)), failure)))
    second_of_day = random.integers(0, SECONDS_PER_DAY, len(day))
    return _described(
        parameters,
        feeder=feeders[feeder],
        started=day_numbers[day] * SECONDS_PER_DAY + second_of_day,
        median_minutes=np.full(len(day), design.shock_minutes_per_point * max(strength, 1.0)),
        causes=catalog.STORM_CAUSES,
        is_planned=False,
        random=random,
    )


def _described(
    parameters: Parameters,
    feeder: np.ndarray,
    started: np.ndarray,
    median_minutes: np.ndarray,
    causes: tuple[int, ...],
    is_planned: bool,
    random: np.random.Generator,
) -> Incident:
    """Complete incidents with their duration, announcement, promise and cause."""
    design = parameters.interruptions
    count = len(feeder)
    minutes = around(random, median_minutes, design.minutes_spread, count)
    duration = np.maximum(design.shortest_seconds, minutes * SECONDS_PER_MINUTE).astype(np.int64)
    if is_planned:
        is_announced = happens(random, np.full(count, design.planned_notice_probability))
        notice = started - int(design.planned_notice_days * SECONDS_PER_DAY)
    else:
        low, high = design.unplanned_notice_minutes
        is_announced = happens(random, np.full(count, design.unplanned_notice_probability))
        notice = started + random.integers(low, high, count) * SECONDS_PER_MINUTE
    is_promised = happens(random, np.full(count, design.promise_probability))
    median_ratio, ratio_spread = design.promised_ratio
    promised_duration = (duration * around(random, median_ratio, ratio_spread, count)).astype(
        np.int64
    )
    low, high = design.affected_share
    return Incident(
        feeder=feeder,
        started=started,
        restored=started + duration,
        is_planned=np.full(count, is_planned),
        notified=np.where(is_announced, notice, NEVER),
        promised=np.where(
            is_promised, started + int(design.promise_delay_minutes * SECONDS_PER_MINUTE), NEVER
        ),
        promised_restoration=np.where(is_promised, started + promised_duration, NEVER),
        cause=np.asarray(causes)[random.integers(0, len(causes), count)],
        affected_share=low + (high - low) * random.random(count),
    )


def _agents(
    calendar: Calendar, parameters: Parameters, customer_count: int, random: np.random.Generator
) -> Agent:
    design = parameters.agents
    contacts_per_year = customer_count * usual_contacts_per_year(parameters)
    count = max(
        design.minimum_agents,
        len(catalog.QUEUES),
        round(contacts_per_year / design.contacts_per_agent_year),
    )
    queues = len(catalog.QUEUES)
    # Every queue keeps at least one agent who was there before the period.
    queue = np.sort(np.arange(count) % queues)
    is_hired_later = happens(
        random, np.full(count, min(0.9, design.hired_per_year * calendar.days / DAYS_PER_YEAR))
    )
    is_first = np.r_[True, queue[1:] != queue[:-1]]
    hired = np.where(
        is_hired_later & ~is_first,
        random.integers(0, calendar.days, count),
        -random.integers(design.new_agent_days, design.longest_years * 365, count),
    )
    order = np.lexsort((hired, queue))
    topic_queue = np.array([topic.queue for topic in catalog.TOPICS])
    is_generalist = queue >= catalog.BUSINESS_DESK
    is_own = (topic_queue[None, :] == queue[:, None]) | is_generalist[:, None]
    skills = happens(random, np.where(is_own, design.own_skill_share, design.other_skill_share))
    skills[np.arange(count), random.integers(0, len(catalog.TOPICS), count)] = True
    return Agent(
        queue=queue,
        team=np.arange(count) // design.team_size,
        hired=hired[order],
        effect=design.skill_spread * random.standard_normal(count),
        skills=skills,
    )


def usual_contacts_per_year(parameters: Parameters) -> float:
    """Contacts of a customer in a year that the company plans its staff for."""
    contacts = parameters.contacts
    return contacts.background_per_year * (1 + contacts.with_cause_ratio)


def _expected_wait(
    calendar: Calendar,
    parameters: Parameters,
    incidents: Incident,
    feeders: int,
    rhythm: np.ndarray,
    random: np.random.Generator,
) -> np.ndarray:
    """Mean wait in seconds by queue and hour: utilisation, plus the backlog of a fluid queue.

    With load L, capacity C and backlog B (all in contacts per hour and customer), utilisation
    u = min(L / C, most): wait = base * u / (1 - u) + 3600 * B / C, where
    B(t + 1) = max(0, (1 - giving up) * B(t) + L - C).
    """
    design = parameters.queues
    shares = np.asarray(design.staff_shares) / sum(design.staff_shares)
    hour_profile = np.asarray(parameters.calendar.hourly_contacts)
    hour_profile = hour_profile / hour_profile.sum()
    yearly = usual_contacts_per_year(parameters)
    usual = (yearly / DAYS_PER_YEAR * rhythm[:, None] * hour_profile[None, :]).ravel()
    load = shares[:, None] * usual[None, :]
    capacity = load * (1 + design.slack)
    # Few people work at night, but somebody does.
    capacity = np.maximum(capacity, design.least_capacity * capacity.mean(axis=1, keepdims=True))
    staffing = 1 + design.staffing_noise * random.standard_normal((len(shares), calendar.days))
    capacity *= np.repeat(np.maximum(staffing, 0.5), 24, axis=1)

    _add_interruption_load(load, parameters, incidents, feeders)

    wait = np.empty_like(load)
    backlog = np.zeros(len(shares))
    for hour in range(load.shape[1]):
        utilisation = np.minimum(load[:, hour] / capacity[:, hour], design.most_utilisation)
        wait[:, hour] = (
            design.base_wait_seconds * utilisation / (1 - utilisation)
            + SECONDS_PER_HOUR * backlog / capacity[:, hour]
        )
        staying = (1 - design.giving_up_share) * backlog
        backlog = np.maximum(0, staying + load[:, hour] - capacity[:, hour])
    return np.minimum(wait, design.longest_expected_wait)


def _add_interruption_load(
    load: np.ndarray, parameters: Parameters, incidents: Incident, feeders: int
) -> None:
    """Add to ``load`` the contacts that interruptions are expected to cause."""
    hours_after = np.asarray(parameters.queues.hours_after_interruption)
    base, per_hour = parameters.contacts.after_interruption
    hours_off = (incidents.restored - incidents.started) / SECONDS_PER_HOUR
    probability = np.minimum(
        parameters.contacts.after_interruption_most, base + per_hour * hours_off
    )
    contacts = probability * incidents.affected_share / feeders * ~incidents.is_planned
    first_hour = incidents.started // SECONDS_PER_HOUR
    for delay, share_of_hour in enumerate(hours_after):
        hour = first_hour + delay
        inside = hour < load.shape[1]
        for queue, share in enumerate(parameters.queues.interruption_shares):
            np.add.at(load[queue], hour[inside], contacts[inside] * share * share_of_hour)


def incidents_of_feeders(incidents: Incident, feeder: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of an incident and a customer on its feeder.

    ``feeder`` is the feeder of each customer. Returns incident numbers and customer numbers.
    """
    by_feeder = np.argsort(feeder, kind="stable")
    sorted_feeder = feeder[by_feeder]
    first = np.searchsorted(sorted_feeder, incidents.feeder, side="left")
    last = np.searchsorted(sorted_feeder, incidents.feeder, side="right")
    incident, position = expand(first, last - first)
    return incident, by_feeder[position]
