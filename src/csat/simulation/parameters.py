"""Every structural number of the simulated company, with its unit and meaning.

Points are CSAT points (100 times a probability). A "logit" is a change of the logit of the
probability of being satisfied. A half-life is in days. A share or a probability lies in 0..1.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, fields, is_dataclass, replace
from typing import Any

from csat.project import UserError


@dataclass(frozen=True)
class CalendarParameters:
    """Rhythm of the year, the week and the day."""

    # days that are simulated before the first written day, so that repeats, payments and surveys
    # are in full swing by then; nobody leaves in them and no program starts. What happens in them
    # is not written: a later contact then has no parent, a later payment no bill_id
    burn_in_days: int = 120
    # (month, day) of the public holidays of every year
    holidays: tuple[tuple[int, int], ...] = ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
    # relative number of contacts on Monday to Sunday
    weekday_contacts: tuple[float, ...] = (1.25, 1.12, 1.06, 1.04, 1.05, 0.62, 0.36)
    # relative number of contacts on a holiday
    holiday_contacts: float = 0.35
    # relative number of contacts in each hour of the day
    hourly_contacts: tuple[float, ...] = (
        *(0.3, 0.2, 0.15, 0.15, 0.2, 0.5, 1.5, 4, 8, 9.5, 9.5, 8.5),
        *(6.5, 6.5, 7, 7.2, 7, 6.5, 5, 3.5, 2.5, 1.8, 1, 0.6),
    )
    # relative number of web and app events in each hour of the day
    hourly_engagement: tuple[float, ...] = (
        *(1, 0.5, 0.3, 0.2, 0.3, 0.8, 2.5, 4, 4.5, 4.2, 4, 4.2),
        *(5, 4.5, 4, 4, 4.5, 5.5, 6.5, 7.5, 8, 7, 4.5, 2.2),
    )
    # relative number of surveys sent, but those on the website, in each hour of the day
    hourly_sending: tuple[float, ...] = (
        *(0, 0, 0, 0, 0, 0, 0, 0.5, 1, 1, 1, 1),
        *(1, 1, 1, 1, 1, 1, 1, 1, 0.5, 0, 0, 0),
    )
    # relative number of answers to surveys in each hour of the day
    hourly_answers: tuple[float, ...] = (
        *(0.25, 0.1, 0.05, 0.05, 0.1, 0.4, 2, 4, 5, 5, 5, 5),
        *(5.5, 5, 4.5, 4.5, 5, 6, 7, 8, 8, 6.5, 4, 1.5),
    )


@dataclass(frozen=True)
class GeographyParameters:
    """Where customers live and what line feeds them."""

    # names of the regions
    regions: tuple[str, ...] = (
        "northfield",
        "lakeshore",
        "midlands",
        "harbour",
        "eastvale",
        "hills",
    )
    # areas in each region
    areas_per_region: int = 5
    # customers on one feeder (the line that fails together), in a large company
    customers_per_feeder: int = 400
    # fewest feeders in an area, in a small company
    minimum_feeders_per_area: int = 4


@dataclass(frozen=True)
class CustomerParameters:
    """Who the customers are. Order of types: residential, small_business, business."""

    # share of each type
    type_shares: tuple[float, ...] = (0.87, 0.10, 0.03)
    # median of the annual bill of each type, in currency units
    median_annual_value: tuple[float, ...] = (1_250.0, 4_200.0, 26_000.0)
    # standard deviation of the logarithm of the annual bill of each type
    annual_value_spread: tuple[float, ...] = (0.45, 0.6, 0.9)
    # share of each plan: standard, fixed, green, time_of_use, prepaid
    plan_shares: tuple[float, ...] = (0.42, 0.24, 0.16, 0.11, 0.07)
    # preferred channel: phone, chat, email, sms, social, web, branch
    preferred_channel_shares: tuple[float, ...] = (0.42, 0.12, 0.19, 0.04, 0.03, 0.13, 0.07)
    # median years as a customer at the first day
    median_tenure_years: float = 5.0
    # standard deviation of the logarithm of the tenure
    tenure_spread: float = 1.0
    # share of the customers who join in a year
    joining_per_year: float = 0.07
    # share of the joiners who join because they moved home
    moved_in_share: float = 0.7
    # mean of the digital affinity (0..1, a beta distribution)
    digital_mean: float = 0.55
    # concentration of the digital affinity: higher means more alike
    digital_concentration: float = 2.2
    # share of customers with a smart meter
    smart_meter_share: float = 0.55
    # share of customers who change plan in a year
    plan_changes_per_year: float = 0.08
    # share of customers whose tariff group changes in a year
    tariff_changes_per_year: float = 0.10
    # share of each product: electricity, gas, both
    product_shares: tuple[float, ...] = (0.6, 0.15, 0.25)
    # most years as a customer
    longest_tenure_years: float = 60.0
    # digital affinity from which a customer is occasional, regular, digital first
    digital_segment_bounds: tuple[float, ...] = (0.15, 0.45, 0.8)
    # weight of the digital channels at affinity 0 and 1; phone and branch the other way round
    digital_channel_weights: tuple[float, float] = (0.3, 1.7)
    # logarithm of the contact rate per logit of hidden dissatisfaction: the unhappy call more
    unhappy_contact_rate: float = 0.2
    # standard deviation of the logarithm of the individual contact rate
    contact_rate_spread: float = 0.7


@dataclass(frozen=True)
class InterruptionParameters:
    """Storms, faults and planned works."""

    # storms in a year
    storms_per_year: float = 14.0
    # how much storms cluster in winter (0 even over the year, 1 none in summer)
    storm_seasonality: float = 0.65
    # year fraction of the stormiest day
    storm_peak: float = 0.95
    # standard deviation of the logarithm of a storm's severity (median 1)
    storm_severity_spread: float = 0.5
    # probability that an area of the struck region, and of any other region, is hit
    storm_area_probability: tuple[float, float] = (0.7, 0.12)
    # probability that a feeder of a hit area fails, at severity 1
    storm_feeder_probability: float = 0.25
    # hours over which the failures of a storm spread
    storm_onset_hours: float = 12.0
    # median minutes without supply: storm at severity 1, fault, planned work
    median_minutes: tuple[float, float, float] = (190.0, 75.0, 130.0)
    # standard deviation of the logarithm of the minutes without supply
    minutes_spread: float = 0.6
    # faults of a feeder in a year
    faults_per_feeder_year: float = 0.35
    # planned works on a feeder in a year
    planned_works_per_feeder_year: float = 0.25
    # smallest and largest share of a feeder's customers that an incident affects
    affected_share: tuple[float, float] = (0.4, 1.0)
    # probability that planned work is announced
    planned_notice_probability: float = 0.85
    # earliest and latest hour of the day at which planned work begins
    planned_hours: tuple[int, int] = (8, 15)
    # days between the announcement and the planned work
    planned_notice_days: float = 5.0
    # probability that customers are told of an unplanned interruption
    unplanned_notice_probability: float = 0.55
    # fewest and most minutes from the failure until customers are told
    unplanned_notice_minutes: tuple[int, int] = (10, 60)
    # probability that a notice reaches a customer of digital affinity 0 and 1
    notice_reaches_probability: tuple[float, float] = (0.6, 1.0)
    # fewest seconds without supply
    shortest_seconds: int = 120
    # probability that a restoration time is promised
    promise_probability: float = 0.75
    # median of promised over true duration, and standard deviation of its logarithm
    promised_ratio: tuple[float, float] = (1.08, 0.35)
    # minutes from the failure to the promise
    promise_delay_minutes: float = 20.0
    # minutes without supply and failing feeders of a `storm` shock, per point
    shock_minutes_per_point: float = 45.0
    # probability that a feeder fails in a `storm` shock, on each of its days, per point
    shock_feeder_probability_per_point: float = 0.08


@dataclass(frozen=True)
class QueueParameters:
    """Waiting lines: expected load against staff, hour by hour."""

    # staff capacity above the usual load of the hour, as a share
    slack: float = 0.22
    # standard deviation of the daily capacity (sick leave), as a share
    staffing_noise: float = 0.07
    # mean wait in seconds at a utilisation of one half
    base_wait_seconds: float = 75.0
    # utilisation above which the wait no longer grows by itself, only with the backlog
    most_utilisation: float = 0.9
    # share of the backlog that gives up within an hour
    giving_up_share: float = 0.6
    # longest expected wait, and longest wait of anybody, in seconds
    longest_expected_wait: float = 2_700.0
    longest_wait: float = 4_500.0
    # least capacity at any hour, as a share of the queue's mean capacity
    least_capacity: float = 0.15
    # share of the staff at: outage, billing, service line, business, digital, branch desk
    staff_shares: tuple[float, ...] = (0.17, 0.20, 0.20, 0.13, 0.22, 0.08)
    # share of the contacts after an interruption at the same queues
    interruption_shares: tuple[float, ...] = (0.50, 0.0, 0.0, 0.10, 0.38, 0.02)
    # share of the contacts after an interruption that come in each of the first hours
    hours_after_interruption: tuple[float, ...] = (0.34, 0.22, 0.14, 0.1, 0.08, 0.06, 0.04, 0.02)
    # added mean wait of a `queue_failure` shock, in seconds per point
    shock_wait_seconds_per_point: float = 180.0


@dataclass(frozen=True)
class AgentParameters:
    """The people who answer."""

    # contacts that one agent handles in a year
    contacts_per_agent_year: float = 6_600.0
    # fewest agents
    minimum_agents: int = 36
    # agents in a team
    team_size: int = 12
    # most years since hiring at the first day
    longest_years: int = 12
    # share of the agents hired during a year
    hired_per_year: float = 0.25
    # days during which an agent counts as new
    new_agent_days: int = 90
    # standard deviation of the agents' own effect, logit
    skill_spread: float = 0.22
    # share of the topics of other queues that an agent masters
    other_skill_share: float = 0.25
    # share of the topics of the own queue that an agent masters
    own_skill_share: float = 0.8
    # share of the agents who move to another team in a year
    team_changes_per_year: float = 0.2
    # share of contacts for which an agent with the skill is looked for
    skill_routing_share: float = 0.6


@dataclass(frozen=True)
class ContactParameters:
    """Why and how customers get in touch."""

    # contacts of a customer in a year without any particular cause, residential
    background_per_year: float = 1.15
    # contacts with a cause, or repeated, per contact without: what staffing is planned for
    with_cause_ratio: float = 1.2
    # factor of the background of each customer type
    background_by_type: tuple[float, ...] = (1.0, 1.5, 3.0)
    # probability of a contact because of an interruption: base, and added per hour without supply
    after_interruption: tuple[float, float] = (0.06, 0.03)
    # largest probability of a contact because of an interruption
    after_interruption_most: float = 0.5
    # factor of that probability for planned work
    after_planned_factor: float = 0.33
    # added probability where the interruption was not announced; where a promise was missed
    after_bad_notice: tuple[float, float] = (0.05, 0.12)
    # probability of a contact after: a high bill, an estimated bill, any other bill
    after_bill: tuple[float, float, float] = (0.35, 0.10, 0.012)
    # days from the bill to the contact, mean
    days_after_bill: float = 4.0
    # hours of the day during which contacts about bills come
    bill_contact_hours: int = 8
    # fewest and most hours until a contact: failed payment, moving in, app trouble
    hours_after_failed_payment: tuple[float, float] = (1.0, 72.0)
    hours_after_moving_in: tuple[float, float] = (1.0, 216.0)
    hours_after_app_trouble: tuple[float, float] = (0.1, 8.0)
    # probability of a contact after a failed or reversed payment
    after_failed_payment: float = 0.45
    # probability of a contact about moving in, and about the first bill after it
    after_moving_in: tuple[float, float] = (0.6, 0.35)
    # probability of a contact after app trouble
    after_app_trouble: float = 0.3
    # probability of trying again: unresolved, resolved
    repeat_probability: tuple[float, float] = (0.52, 0.04)
    # median days until the next try, and standard deviation of its logarithm
    repeat_days: tuple[float, float] = (2.5, 0.8)
    # most tries after the first contact
    repeat_generations: int = 3
    # probability that the preferred channel is used where it is served
    preferred_channel_probability: float = 0.72
    # channel otherwise: phone, chat, email, sms, social, web, branch
    other_channel_shares: tuple[float, ...] = (0.5, 0.15, 0.15, 0.02, 0.04, 0.09, 0.05)
    # median hours to a human answer in email, sms, social and web
    asynchronous_hours: float = 5.0
    # standard deviation of the logarithm of those hours
    asynchronous_spread: float = 1.1
    # added hours to a human answer per minute of expected wait on the queue
    asynchronous_hours_per_wait_minute: float = 0.35
    # seconds to the automatic acknowledgement in email, sms and web, at most
    acknowledgement_seconds: int = 90
    # factor of the handling time: skill missing, new agent
    handling_factors: tuple[float, float] = (1.25, 1.3)
    # standard deviation of the logarithm of the handling time
    handling_spread: float = 0.5
    # fewest seconds of handling
    shortest_handling_seconds: int = 20
    # minutes that each transfer takes
    transfer_minutes: float = 4.0
    # logit of being resolved, added for: skill missing, new agent, each transfer
    resolution_logits: tuple[float, float, float] = (-1.0, -0.5, -0.5)
    # mean number of transfers: skill matched, skill missing
    transfers: tuple[float, float] = (0.10, 0.45)
    # share of resolved contacts that are settled some days later instead of at once
    settled_later_share: float = 0.2
    # mean days until they are
    settled_later_days: float = 2.0
    # probability that a resolved contact is reopened
    reopen_probability: float = 0.04
    # mean days until it is, and until it is resolved again
    reopen_days: tuple[float, float] = (4.0, 3.0)


@dataclass(frozen=True)
class BillingParameters:
    """Bills and payments."""

    # amplitude of the yearly wave of consumption: residential, small business, business
    seasonality: tuple[float, ...] = (0.35, 0.2, 0.1)
    # year fraction of the highest consumption for heating, and for cooling
    heating_peak: float = 0.05
    cooling_peak: float = 0.55
    # amplitude of the second (cooling) wave
    cooling: float = 0.08
    # standard deviation of the logarithm of a bill around the customer's normal
    amount_spread: float = 0.12
    # probability of an estimated bill: without and with a smart meter
    estimated_probability: tuple[float, float] = (0.17, 0.02)
    # standard deviation of the logarithm of the error of an estimate, corrected a month later
    estimate_spread: float = 0.3
    # probability of an unusually high bill, and its mean excess over normal
    high_bill: tuple[float, float] = (0.025, 0.8)
    # a bill counts as a shock from this ratio to the customer's normal on
    shock_ratio: float = 1.4
    # probability of a dispute: bill shock, other bills
    dispute_probability: tuple[float, float] = (0.12, 0.004)
    # earliest and latest hour of the day at which bills are issued
    issue_hours: tuple[int, int] = (6, 10)
    # fewest and most days from the bill to its dispute
    dispute_days: tuple[float, float] = (1.0, 20.0)
    # days from the bill to its due date
    due_days: int = 14
    # share of customers on autopay
    autopay_share: float = 0.48
    # payment method without autopay: card, bank_transfer, wallet, cash
    method_shares: tuple[float, ...] = (0.35, 0.4, 0.15, 0.1)
    # share of chronic late payers among those without autopay
    chronic_late_share: float = 0.16
    # probability that a payment is late: chronic late payers, others
    late_probability: tuple[float, float] = (0.6, 0.06)
    # mean days after the due date of a late payment
    late_days: float = 12.0
    # a payment counts as late from this many days after the due date on
    late_from_days: int = 3
    # probability that a payment not in cash fails, and that it is reversed
    failure_probability: tuple[float, float] = (0.012, 0.003)
    # fewest and most days until it does, and from then to the next payment
    days_to_failure: tuple[float, float] = (1.0, 5.0)
    days_to_next_payment: tuple[float, float] = (2.0, 9.0)
    # probability that a bill is never paid
    unpaid_probability: float = 0.004


@dataclass(frozen=True)
class EngagementParameters:
    """Logins, pages, mails."""

    # web or app sessions in a year of a customer with digital affinity 1
    sessions_per_year: float = 16.0
    # mean page views in a session
    pages_per_session: float = 0.9
    # longest time from the login to another event of the session, in seconds
    session_seconds: int = 900
    # share of the sessions that take place in the app
    app_share: float = 0.45
    # probability that an app session runs into trouble
    app_trouble_probability: float = 0.04
    # share of customers who take marketing mail
    mail_share: float = 0.7
    # days between two mail campaigns
    campaign_days: int = 15
    # hour of the day at which a campaign is sent, and mean days until it is opened
    campaign_hour: int = 9
    days_to_open: float = 0.6
    # longest time from opening to a click, in seconds
    click_seconds: int = 120
    # probability to open a campaign's mail: base, added by digital affinity 1
    open_probability: tuple[float, float] = (0.12, 0.25)
    # share of the opened mails that are clicked, and that end in an unsubscription
    click_and_unsubscribe_share: tuple[float, float] = (0.15, 0.006)
    # push messages opened in a year at digital affinity 1
    push_opens_per_year: float = 5.0


@dataclass(frozen=True)
class SignalParameters:
    """The few sparse signals."""

    # probability that an unresolved contact leads to a promised call-back that is missed
    missed_callback_probability: float = 0.12
    # days until it is missed
    missed_callback_days: float = 2.0
    # fewest and most minutes from the failure to the meter's alert
    outage_alert_minutes: tuple[int, int] = (1, 10)
    # mean number of alerts beyond the first
    further_alerts: float = 1.0
    # share of interruptions of smart-meter customers that raise meter alerts (no effect)
    outage_alert_share: float = 0.6


@dataclass(frozen=True)
class ProgramDesign:
    """One program: who gets in, when, and what it truly does.

    The weekly probability to enrol is sigmoid(enrol_logit + trait_logit * trait
    + digital_logit * (digital affinity - 1/2) - trouble_logit * recent experiences in logits)
    among those who qualify.
    """

    # public name
    name: str
    # public type
    kind: str
    # who qualifies: everyone, mail, late_payers, paper, random, company
    audience: str
    # true effect in points on an average customer, fully ramped up
    effect_points: float
    # share of the period that has passed when it starts
    starts_at: float
    # days during which customers are let in, from the start on
    enrolment_days: int
    # base of the weekly logit of enrolling
    enrol_logit: float = -4.0
    # pull of the hidden persistent satisfaction (self-selection)
    trait_logit: float = 0.0
    # pull of the digital affinity
    digital_logit: float = 0.0
    # pull of recent bad experiences (targeting)
    trouble_logit: float = 0.0
    # days after which 63 % of the effect is there
    ramp_days: float = 7.0
    # mean days until an enrolment ends; 0 for never
    mean_days_enrolled: float = 0.0
    # cost of one enrolment, in currency units
    cost_per_enrollment: float = 1.0
    # contacts that the program causes, per enrolment
    contacts_per_enrollment: float = 0.0
    # mails opened because of the program, per enrolled week
    mail_opens_per_week: float = 0.0


@dataclass(frozen=True)
class ProgramParameters:
    """The programs of the company, and what they have in common."""

    # half-life of an effect after its enrolment has ended
    fading_half_life: float = 45.0
    # days after a late payment during which a customer counts as a late payer
    late_payer_days: int = 30
    # most days from the enrolment to a contact that it causes
    contact_days: int = 12
    # hours of the day during which programs enrol and call
    working_hours: tuple[int, int] = (9, 18)
    # standard deviation of the individual effect, as a share of the mean effect
    effect_heterogeneity: float = 0.4
    # share of the events a program causes that carry its program_id
    attributed_share: float = 0.9
    # enrolled share of a randomised program's customers
    randomized_share: float = 0.25
    call_back: ProgramDesign = ProgramDesign(
        name="Call-back service",
        kind="service",
        audience="everyone",
        effect_points=5.0,
        starts_at=0.30,
        enrolment_days=120,
        enrol_logit=-4.6,
        trait_logit=0.9,
        digital_logit=0.8,
        cost_per_enrollment=9.0,
        contacts_per_enrollment=0.25,
    )
    recovery_desk: ProgramDesign = ProgramDesign(
        name="Recovery desk",
        kind="service",
        audience="everyone",
        effect_points=6.0,
        starts_at=0.35,
        enrolment_days=140,
        enrol_logit=-5.8,
        trouble_logit=1.6,
        mean_days_enrolled=90.0,
        cost_per_enrollment=24.0,
        contacts_per_enrollment=0.4,
    )
    payment_plan: ProgramDesign = ProgramDesign(
        name="Payment plan",
        kind="billing",
        audience="late_payers",
        effect_points=4.0,
        starts_at=0.20,
        enrolment_days=10_000,
        enrol_logit=-1.9,
        ramp_days=5.0,
        mean_days_enrolled=120.0,
        cost_per_enrollment=6.0,
    )
    newsletter: ProgramDesign = ProgramDesign(
        name="Energy newsletter",
        kind="marketing",
        audience="mail",
        effect_points=0.0,
        starts_at=0.30,
        enrolment_days=90,
        enrol_logit=-4.2,
        digital_logit=1.2,
        cost_per_enrollment=0.4,
        mail_opens_per_week=0.6,
    )
    loyalty_club: ProgramDesign = ProgramDesign(
        name="Loyalty club",
        kind="marketing",
        audience="everyone",
        effect_points=0.0,
        starts_at=0.35,
        enrolment_days=120,
        enrol_logit=-4.5,
        trait_logit=1.5,
        cost_per_enrollment=15.0,
    )
    paperless_switch: ProgramDesign = ProgramDesign(
        name="Switch to paperless bills",
        kind="billing",
        audience="paper",
        effect_points=-7.0,
        starts_at=0.40,
        enrolment_days=100,
        enrol_logit=-3.4,
        ramp_days=10.0,
        cost_per_enrollment=0.2,
        contacts_per_enrollment=0.15,
    )
    outage_texts: ProgramDesign = ProgramDesign(
        name="Outage text messages",
        kind="notification",
        audience="random",
        effect_points=3.5,
        starts_at=0.45,
        enrolment_days=56,
        ramp_days=7.0,
        cost_per_enrollment=0.6,
    )
    longer_hours: ProgramDesign = ProgramDesign(
        name="Longer opening hours",
        kind="policy",
        audience="company",
        effect_points=1.5,
        starts_at=0.55,
        enrolment_days=0,
        ramp_days=10.0,
        cost_per_enrollment=0.0,
    )


@dataclass(frozen=True)
class SatisfactionParameters:
    """True satisfaction: a sum of logits, held at the reference instrument."""

    # logit of an average customer without recent experiences
    intercept: float = 1.03
    # share of satisfied customers around which points are turned into logits
    mean_probability: float = 0.68
    # standard deviation of the persistent, hidden trait of a customer
    trait_spread: float = 0.55
    # amplitude of the slow season (better in summer)
    season: float = 0.10
    # standard deviation of the level of an area
    area_spread: float = 0.12
    # effect of the type: residential, small_business, business
    type_effects: tuple[float, ...] = (0.0, -0.15, -0.3)
    # effect of the plan: standard, fixed, green, time_of_use, prepaid
    plan_effects: tuple[float, ...] = (0.0, 0.1, 0.25, -0.05, -0.45)
    # effect of ten times the tenure
    tenure_effect: float = 0.15
    # effect of digital affinity 1 against 0
    digital_effect: float = 0.55
    # half-life of experiences: contacts, bills and payments, interruptions, engagement
    contact_half_life: float = 35.0
    billing_half_life: float = 45.0
    interruption_half_life: float = 25.0
    engagement_half_life: float = 10.0
    # any contact at all
    contact: float = -0.08
    # a wait of five minutes (grows with the logarithm of the wait)
    five_minute_wait: float = -0.20
    # each transfer
    transfer: float = -0.18
    # left unresolved
    unresolved: float = -0.50
    # reopened
    reopened: float = -0.35
    # a human answer after a day (grows with the logarithm of the hours)
    slow_answer_day: float = -0.22
    # the agent lacks the skill
    skill_missing: float = -0.15
    # the agent is new
    new_agent: float = -0.12
    # the preferred channel was not served
    channel_not_served: float = -0.10
    # resolved at once after a short wait
    quick_resolution: float = 0.40
    # an answer counts as quick up to this many hours
    quick_answer_hours: float = 24.0
    # a wait counts as short up to this many seconds
    short_wait_seconds: float = 120.0
    # estimated bill; the correction or high bill per e-fold above normal; dispute
    estimated_bill: float = -0.2
    bill_shock: float = -0.9
    disputed_bill: float = -0.5
    # failed or reversed payment; reminder after a late one
    failed_payment: float = -0.45
    late_payment: float = -0.2
    # an hour without supply (grows with the logarithm of the hours)
    interruption_hour: float = -0.25
    # unplanned; not announced; promised time missed; announced in time
    unplanned: float = -0.10
    not_announced: float = -0.25
    missed_promise: float = -0.45
    announced: float = 0.12
    # a day with a web or app session; app trouble
    session: float = 0.05
    app_trouble: float = -0.35
    # a missed call-back (signal promised_callback_missed)
    missed_callback: float = -0.8
    # on top of the parts: calling again within `journey_days` after an outage and a call
    outage_call_call: float = -0.8
    # on top: a call about the first bill after moving in
    move_in_bill_call: float = -0.5
    # on top: a call after trying web or app on the same day
    digital_try_call: float = -0.3
    # days within which the steps of a journey follow each other
    journey_days: int = 14


@dataclass(frozen=True)
class ChurnParameters:
    """Leaving."""

    # share of customers with the mean probability who leave in a year
    leaving_per_year: float = 0.06
    # earliest and latest hour of the day at which contracts are closed
    closing_hours: tuple[int, int] = (8, 20)
    # factor of the hazard when the probability of being satisfied is 10 points lower
    hazard_ratio_per_10_points: float = 1.30


@dataclass(frozen=True)
class SurveyParameters:
    """Who is asked, who answers, and what a scale makes of it."""

    # instrument at which probability_satisfied is stated; its own offset counts as 0
    reference_instrument: str = "relationship_csat"
    # logit added by an instrument to the logit of being satisfied
    instrument_offsets: tuple[tuple[str, float], ...] = (
        ("after_contact_csat", -0.10),
        ("after_contact_csat_2", 0.12),
        ("after_chat_csat", -0.15),
        ("website_csat", 0.15),
        ("relationship_csat", 0.0),
        ("follow_up_csat", 0.0),
    )
    # thresholds on the latent answer between the ratings of a scale
    thresholds: tuple[tuple[str, tuple[float, ...]], ...] = (
        ("csat_1_5", (-1.9, -0.9, 0.0, 1.2)),
        ("csat_1_10", (-2.9, -2.3, -1.8, -1.3, -0.85, -0.4, 0.0, 0.9, 1.9)),
        ("csat_binary", (0.0,)),
        ("csat_emoji_3", (-0.9, 0.0)),
        ("nps_0_10", (-3.4, -3.0, -2.6, -2.2, -1.8, -1.3, -0.8, -0.1, 0.7, 1.7)),
        ("ces_1_7", (-2.4, -1.7, -1.0, -0.4, 0.5, 1.6)),
        ("ces_1_5", (-1.9, -1.0, -0.3, 1.0)),
    )
    # share of the answers written in another spelling that the scale knows
    alternative_answer_share: float = 0.05
    # standard deviation of the extra noise in NPS and CES, logit
    other_metric_noise: float = 0.9
    # share of the period that has passed when the wording of the after-contact survey changes
    wording_changes_at: float = 0.6
    # share of contacts that are followed by an invitation
    after_contact_share: float = 0.85
    # mean hours from the end of the contact to the invitation, by the rhythm of sending
    after_contact_hours: float = 6.0
    # fewest seconds from the end of the contact to the invitation
    shortest_delay_seconds: int = 300
    # longest time from the login to a survey on the website, in seconds
    website_seconds: int = 600
    # hours of the day during which the follow-up sample is called
    follow_up_hours: tuple[int, int] = (9, 19)
    # share of them that bring a second invitation about effort
    effort_share: float = 0.25
    # invitations of a customer in a year to the relationship survey, and its NPS twin
    relationship_per_year: tuple[float, float] = (2.8, 0.8)
    # share of web sessions in which the website survey is offered by invitation
    website_invited_share: float = 0.05
    # share of web sessions that end in a website answer nobody was invited to
    website_spontaneous_share: float = 0.008
    # share of website surveys about effort instead of satisfaction
    website_effort_share: float = 0.3
    # customers a month in the random follow-up sample, as a share
    follow_up_share: float = 0.006
    # probability that an invitation is held back within `quiet_days` after another
    quiet_probability: float = 0.8
    # days of rest between two invitations
    quiet_days: int = 10
    # logit of answering: after contact, chat, website, relationship, NPS, CES, follow-up
    response_logits: tuple[float, ...] = (-2.65, -2.5, -2.8, -2.95, -3.1, -2.9, 1.9)
    # logit of answering added by digital affinity 1 against 0
    response_digital: float = 0.9
    # logit of answering added by ten times the tenure
    response_tenure: float = 0.2
    # logit of answering added for a business
    response_business: float = -0.3
    # logit of answering the relationship survey added by a contact in the last days
    response_recent_contact: float = 0.3
    # days during which a contact counts as recent
    recent_contact_days: int = 14
    # logit of answering added by each other invitation in the last days
    response_fatigue: float = -0.08
    # days during which other invitations tire
    fatigue_days: int = 90
    # logit of answering per logit of distance of the true satisfaction from its mean
    response_extreme: float = 0.30
    # the same for the latent answer itself: response that no record explains (0 switches off)
    response_latent_extreme: float = 0.05
    # logit of answering added if the answer is "satisfied" (0 switches off)
    response_latent_satisfied: float = 0.0
    # false lets everyone answer, so that nobody is self-selected
    self_selected: bool = True
    # median hours to the answer, by the rhythm of answering, and standard deviation of their log
    answer_hours: tuple[float, float] = (9.0, 1.4)
    # longest time to the answer, in days
    longest_answer_days: float = 28.0


@dataclass(frozen=True)
class CommentParameters:
    """What people write."""

    # probability of a comment: satisfied, not satisfied
    comment_probability: tuple[float, float] = (0.28, 0.5)
    # an unfavourable rating is low below this share of the way up its scale, else indifferent
    low_rating_share: float = 0.4
    # probability of an opening, of naming the topic, of a closing
    part_probability: tuple[float, float, float] = (0.35, 0.45, 0.3)
    # share of comments without capitals; of angry ones in capitals
    case_shares: tuple[float, float] = (0.12, 0.04)
    # days during which an interruption or a high bill is on a customer's mind
    memory_days: int = 30
    # a comment may be about the wait from this many seconds on
    long_wait_seconds: float = 480.0
    # share of customers who write in German
    german_share: float = 0.18
    # share of comments with a typing error
    typing_error_share: float = 0.12
    # share of comments that hold an e-mail address or a phone number
    personal_data_share: float = 0.02


@dataclass(frozen=True)
class InterventionParameters:
    """What four interventions would gain, in logits before they meet the person.

    Each gain is (base, added where the customer has its cause) times a hidden, lognormal
    responsiveness; the gain in points shrinks towards both ends of the scale.
    """

    # a call by a senior agent; its cause: an unresolved contact within the last days
    personal_call: tuple[float, float] = (-0.02, 0.45)
    # a review of the bill; its cause: bill shock or dispute
    bill_review: tuple[float, float] = (0.0, 0.40)
    # credit for interruptions; its cause: hours without supply
    outage_credit: tuple[float, float] = (0.02, 0.30)
    # help with web and app; its cause: a digital affinity that is neither low nor high
    digital_help: tuple[float, float] = (-0.05, 0.20)
    # standard deviation of the logarithm of the responsiveness
    responsiveness_spread: float = 0.5
    # factor of the responsiveness of a business to the call: it has its account manager
    personal_call_business_factor: float = 0.3
    # hours without supply from which outage_credit has its full cause
    outage_credit_hours: float = 6.0
    # days during which a cause counts
    cause_days: int = 60


@dataclass(frozen=True)
class DeliveryParameters:
    """How rows reach the warehouse."""

    # minute of the hour at which a batch is loaded
    batch_minute: int = 17
    # share of the rows that arrive late
    late_share: float = 0.004
    # fewest and most days that a late row is late
    late_days: tuple[float, float] = (1.0, 6.0)


@dataclass(frozen=True)
class OutputParameters:
    """The shape of the output. None of it changes the company, except `customers_per_chunk`."""

    # customers drawn together; each chunk is one file per table
    customers_per_chunk: int = 25_000
    # decimals of probability_satisfied
    truth_decimals: int = 4
    # rows of a Parquet row group
    rows_per_group: int = 500_000


@dataclass(frozen=True)
class Parameters:
    """All structural numbers, by section."""

    calendar: CalendarParameters = field(default_factory=CalendarParameters)
    geography: GeographyParameters = field(default_factory=GeographyParameters)
    customers: CustomerParameters = field(default_factory=CustomerParameters)
    interruptions: InterruptionParameters = field(default_factory=InterruptionParameters)
    queues: QueueParameters = field(default_factory=QueueParameters)
    agents: AgentParameters = field(default_factory=AgentParameters)
    contacts: ContactParameters = field(default_factory=ContactParameters)
    billing: BillingParameters = field(default_factory=BillingParameters)
    engagement: EngagementParameters = field(default_factory=EngagementParameters)
    signals: SignalParameters = field(default_factory=SignalParameters)
    programs: ProgramParameters = field(default_factory=ProgramParameters)
    satisfaction: SatisfactionParameters = field(default_factory=SatisfactionParameters)
    churn: ChurnParameters = field(default_factory=ChurnParameters)
    surveys: SurveyParameters = field(default_factory=SurveyParameters)
    comments: CommentParameters = field(default_factory=CommentParameters)
    interventions: InterventionParameters = field(default_factory=InterventionParameters)
    deliveries: DeliveryParameters = field(default_factory=DeliveryParameters)
    output: OutputParameters = field(default_factory=OutputParameters)

    def to_dictionary(self) -> dict[str, Any]:
        """All values as plain dictionaries, lists and numbers, ready for JSON."""
        return asdict(self)


#: Parts of the names of parameters that must lie within 0..1.
_SHARES = ("share", "probability")
#: Parts of the names of parameters that must be above 0; all others with these must not be below.
_POSITIVE = (
    "half_life",
    "customers_per",
    "rows_per",
    "areas_per",
    "team_size",
    "campaign_days",
    "ramp_days",
    "contacts_per_agent",
    "feeders_per_area",
    "hazard_ratio",
    "longest",
)
_NOT_NEGATIVE = ("spread", "per_year", "_days", "minutes", "seconds", "noise", "decimals")


def check_parameters(parameters: Any, prefix: str = "") -> None:
    """Raise ``UserError`` if a number is out of its range, which its name tells."""
    for item in fields(parameters):
        value, name = getattr(parameters, item.name), f"{prefix}{item.name}"
        if is_dataclass(value):
            check_parameters(value, f"{name}.")
            continue
        numbers = [
            number
            for number in (value if isinstance(value, tuple) else (value,))
            if isinstance(number, int | float)
        ]
        if any(not math.isfinite(number) for number in numbers):
            raise UserError(f"Parameter '{name}' is not a finite number: give one.")
        if any(part in item.name for part in _SHARES) and not all(0 <= n <= 1 for n in numbers):
            raise UserError(f"Parameter '{name}' is {value}: give a share from 0 to 1.")
        if any(part in item.name for part in _POSITIVE) and not all(n > 0 for n in numbers):
            raise UserError(f"Parameter '{name}' is {value}: give a number above 0.")
        if any(part in item.name for part in _NOT_NEGATIVE) and not all(n >= 0 for n in numbers):
            raise UserError(f"Parameter '{name}' is {value}: give a number from 0 on.")


def with_settings(parameters: Parameters, settings: list[str]) -> Parameters:
    """Return ``parameters`` with each ``section.parameter=value`` of ``settings`` applied.

    A value of several numbers is written with commas. Nested names work:
    ``programs.call_back.effect_points=3``.

    Raises
    ------
    UserError
        For an unknown name, a value of the wrong type or a wrong number of values.
    """
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise UserError(
                f"Setting '{setting}' has no value: write it as section.parameter=value."
            )
        parameters = _replaced(parameters, name.strip(), name.strip().split("."), text.strip())
    return parameters


def _replaced(owner: Any, name: str, path: list[str], text: str) -> Any:
    known = [item.name for item in fields(owner)]
    if path[0] not in known:
        raise UserError(f"Setting '{name}' is unknown: '{path[0]}' is none of {', '.join(known)}.")
    current = getattr(owner, path[0])
    if is_dataclass(current) and len(path) > 1:
        value = _replaced(current, name, path[1:], text)
    elif is_dataclass(current) or len(path) > 1:
        raise UserError(f"Setting '{name}' names no single parameter: give its full dotted name.")
    else:
        value = _parsed(name, text, current)
    return replace(owner, **{path[0]: value})


def _parsed(name: str, text: str, current: Any) -> Any:
    """``text`` read as a value of the type of ``current``."""
    try:
        if isinstance(current, tuple):
            parts = text.split(",")
            if len(parts) != len(current) or isinstance(current[0], tuple):
                raise ValueError
            return tuple(
                _parsed(name, part.strip(), old) for part, old in zip(parts, current, strict=True)
            )
        if isinstance(current, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(current)(text)
    except (ValueError, KeyError):
        raise UserError(
            f"Setting '{name}' cannot be '{text}': give a value like {current}."
        ) from None
