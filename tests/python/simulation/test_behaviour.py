"""Whether the company is believable, and whether the truth is the truth of its data."""

from __future__ import annotations

import math

import numpy as np
import pytest

from csat.simulation.draws import later
from csat.simulation.phrases import ENGLISH, GERMAN

SATISFIED = """
    case instrument_id
        when 'relationship_csat' then answer in ('8', '9', '10')
        when 'after_chat_csat' then answer in ('yes', 'y', 'true', '1')
        when 'website_csat' then answer in ('😀', '🙂', '😊', '😃', '😄')
        else answer in ('4', '5')
    end
"""


def test_about_two_thirds_are_satisfied(middle):
    mean = middle.value("select avg(probability_satisfied) from truth_customer_days")
    assert 0.63 < mean < 0.73


def test_rates_per_customer_year(middle):
    years = middle.value("select count(*) / 365.25 from truth_customer_days")
    contacts = middle.value("select count(*) from latest_contacts") / years
    events = middle.value("select count(*) from engagement_events") / years
    bills = middle.value("select count(*) from latest_bills") / years
    assert 2.2 < contacts < 3.3
    assert 20 < events < 32
    assert 11 < bills < 12.5


def test_between_3_and_15_percent_answer_each_survey(middle):
    rates = dict(
        middle.rows("""
            select i.instrument_id, count(r.response_id) / count(*)
            from survey_invitations as i left join survey_responses as r using (invitation_id)
            group by 1
        """)
    )
    assert rates.pop("follow_up_csat") > 0.8
    assert len(rates) == 8
    for instrument, rate in rates.items():
        assert 0.03 <= rate <= 0.15, instrument


def test_surveys_are_sent_and_answered_by_day(middle):
    at_night, in_the_morning = middle.rows("""
        select avg((hour(responded_at) < 4)::int),
            avg((hour(responded_at) between 8 and 11)::int)
        from survey_responses
    """)[0]
    assert at_night < 0.04
    assert in_the_morning > 4 * at_night
    # Surveys on the website follow the visits.
    early_or_late = "touchpoint != 'website' and hour(sent_at) not between 7 and 20"
    assert middle.value(f"select count(*) from survey_invitations where {early_or_late}") == 0


def test_a_clock_by_hours_of_the_day_keeps_to_them():
    random = np.random.default_rng(1)
    moments = random.integers(0, 5 * 86_400, 20_000)
    reached = later(
        moments, random.exponential(90, 20_000), (0,) * 8 + (1,) * 4 + (3,) * 8 + (0,) * 4
    )
    assert (reached >= moments).all()
    hour = reached % 86_400 // 3_600
    assert set(hour) == set(range(8, 20))
    assert np.mean(hour >= 12) == pytest.approx(6 / 7, abs=0.03)
    even = later(moments, np.full(20_000, 48.0), (1,) * 24)
    assert np.abs(even - moments - 2 * 86_400).max() <= 1


def test_the_demo_sized_company_brings_enough_answers(middle):
    answers = middle.value(
        "select count(*) from survey_responses where instrument_id like '%csat%'"
    )
    assert 700 < answers < 1_500


def test_respondents_differ_from_the_others(build):
    company = build(8_000, 200, seed=5, settings=("surveys.relationship_per_year=12,0",))
    segment, spread = company.rows("""
        with asked as (
            select response_id is not null as answered,
                value in ('regular', 'digital_first') as is_digital,
                abs(logit - avg(logit) over ()) as extremeness
            from (
                select i.customer_id, r.response_id, a.value,
                    ln(d.probability_satisfied / (1 - d.probability_satisfied)) as logit
                from survey_invitations as i
                left join survey_responses as r using (invitation_id)
                join truth_customer_days as d
                    on d.customer_id = i.customer_id and d.date = i.sent_at::date
                join customer_attributes as a
                    on a.customer_id = i.customer_id and a.attribute = 'digital_segment'
                where i.instrument_id = 'relationship_csat'
            )
        )
        select
            avg(is_digital::int) filter (answered) - avg(is_digital::int) filter (not answered),
            avg(extremeness) filter (answered) - avg(extremeness) filter (not answered)
        from asked
    """)[0]
    assert segment > 0.05
    assert spread > 0.03


def test_propensity_in_the_truth_is_the_share_that_answers(middle):
    expected, answered, variance = middle.rows("""
        select sum(response_propensity), count(response_id),
            sum(response_propensity * (1 - response_propensity))
        from truth_responses left join survey_responses using (invitation_id)
    """)[0]
    # Answers still on their way at the end are missing.
    assert -4 * math.sqrt(variance) - 30 < answered - expected < 4 * math.sqrt(variance)


def test_answers_agree_with_the_truth_when_everyone_answers(build):
    company = build(2_000, 90, settings=("surveys.self_selected=false",))
    satisfied, truth, answers = company.rows(f"""
        select avg(({SATISFIED})::int), avg(probability_satisfied), count(*)
        from (
            select r.answer, r.instrument_id, i.customer_id, i.sent_at::date as date
            from survey_responses as r join survey_invitations as i using (invitation_id)
            where r.instrument_id in ('relationship_csat', 'follow_up_csat')
        ) join truth_customer_days using (customer_id, date)
    """)[0]
    assert answers > 800
    assert abs(satisfied - truth) < 3.5 * math.sqrt(truth * (1 - truth) / answers)


def test_response_that_depends_on_the_answer_biases_the_answers(build):
    def satisfied_share(settings):
        company = build(1_500, 90, settings=settings)
        return company.value(
            f"select avg(({SATISFIED})::int) from survey_responses "
            "where instrument_id in ('relationship_csat', 'after_contact_csat')"
        )

    tilted = satisfied_share(("surveys.response_latent_satisfied=2",))
    assert tilted > satisfied_share(("surveys.response_latent_satisfied=0",)) + 0.08


def test_storms_lengthen_waits_and_bring_calls(build):
    storm = "storm:all:2026-09-11:2026-09-12:-10"
    no_other = ("interruptions.storms_per_year=0",)
    calm = build(1_000, 40, settings=no_other)
    stormy = build(1_000, 40, settings=no_other, shocks=(storm,))
    query = """
        select count(*), avg(wait_seconds) filter (channel = 'phone' and topic = 'outage')
        from latest_contacts where started_at::date between '2026-09-11' and '2026-09-13'
    """
    (calls, wait), (storm_calls, storm_wait) = calm.rows(query)[0], stormy.rows(query)[0]
    assert storm_calls > 2 * calls
    assert storm_wait > 2 * (wait or 100)
    level = """
        select avg(probability_satisfied) from truth_customer_days where date = '2026-09-14'
    """
    assert stormy.value(level) < calm.value(level) - 0.03


def test_days_of_many_interruptions_are_days_of_long_waits(build):
    company = build(5_000, 200, seed=1)
    together, stormy, calm = company.rows("""
        with waits as (
            select started_at::date as date, avg(wait_seconds) as all_lines,
                avg(wait_seconds) filter (queue = 'outage_line') as outage_line
            from latest_contacts where channel = 'phone' group by 1
        ), failures as (
            select started_at::date as date, count(*) as struck
            from latest_interruptions where not is_planned group by 1
        )
        select corr(all_lines, coalesce(struck, 0)),
            avg(outage_line) filter (struck >= 100),
            avg(outage_line) filter (coalesce(struck, 0) < 20)
        from waits left join failures using (date)
    """)[0]
    assert together > 0.4
    assert stormy > 3 * calm


def test_a_queue_failure_lengthens_waits_in_its_region_only(build):
    shock = "queue_failure:harbour:2026-09-01:2026-09-14:-8"
    calm, failing = build(4_000, 40), build(4_000, 40, shocks=(shock,))
    query = """
        select avg(wait_seconds) from latest_contacts join latest_customers using (customer_id)
        where started_at::date between '2026-09-01' and '2026-09-14' and region {} 'harbour'
    """
    assert failing.value(query.format("=")) > calm.value(query.format("=")) + 800
    elsewhere = abs(failing.value(query.format("!=")) - calm.value(query.format("!=")))
    assert elsewhere < 60


def test_a_satisfaction_shock_moves_its_area_by_its_points(build):
    shock = "satisfaction:harbour_2:2026-09-10:2026-09-20:-8"
    calm, shocked = build(3_000, 40), build(3_000, 40, shocks=(shock,))
    query = """
        select avg(probability_satisfied) from truth_customer_days
        join customer_attributes as a using (customer_id)
        where attribute = 'area' and a.value {} 'harbour_2' and date = '{}'
    """

    def change(comparison, day):
        before = calm.value(query.format(comparison, day))
        return 100 * (shocked.value(query.format(comparison, day)) - before)

    assert change("=", "2026-09-15") == pytest.approx(-8, abs=1.2)
    assert change("=", "2026-09-09") == pytest.approx(0, abs=0.001)
    assert change("!=", "2026-09-15") == pytest.approx(0, abs=0.2)
    assert shocked.rows("select kind, area, points from truth_shocks") == [
        ("satisfaction", "harbour_2", -8.0)
    ]


def test_unresolved_contacts_are_repeated_on_the_same_topic(middle):
    chains, same_topic, after_unresolved = middle.rows("""
        select count(*), avg((c.topic = p.topic)::int), avg((not p.is_resolved)::int)
        from latest_contacts as c join latest_contacts as p
            on c.parent_contact_id = p.contact_id
        where c.started_at > p.started_at and c.customer_id = p.customer_id
    """)[0]
    assert chains > 300
    assert same_topic == 1
    unresolved = middle.value("select avg((not is_resolved)::int) from latest_contacts")
    assert after_unresolved > 2 * unresolved


def test_late_payers_are_always_the_same_ones(middle):
    late_again, late = middle.rows("""
        with paid as (
            select b.customer_id, p.paid_at > b.due_at + interval 2 days as is_late,
                lag(p.paid_at > b.due_at + interval 2 days) over (
                    partition by b.customer_id order by b.issued_at) as was_late
            from latest_bills as b join latest_payments as p using (bill_id)
        )
        select avg(is_late::int) filter (was_late), avg(is_late::int) from paid
    """)[0]
    assert late_again > 2 * late


def test_cash_neither_fails_nor_is_reversed(middle):
    undone = "select count(*) from payments where status != 'settled' and method {} 'cash'"
    assert middle.value(undone.format("=")) == 0
    assert middle.value(undone.format("!=")) > 100


def test_the_first_weeks_are_like_the_others(build):
    """Without seasons, storms and programs nothing but a cold start could tell them apart."""
    company = build(
        4_000,
        120,
        settings=(
            "interruptions.storms_per_year=0",
            "satisfaction.season=0",
            *(
                f"programs.{program}.contacts_per_enrollment=0"
                for program in ("call_back", "recovery_desk", "paperless_switch")
            ),
        ),
    )

    def ratio(table, moment):
        first, later = company.rows(f"""
            select count(*) filter (day < 21) / 21, count(*) filter (day between 21 and 117) / 97
            from (select date_diff('day', date '2026-06-03', {moment}::date) as day from {table})
        """)[0]
        return first / later

    assert ratio("latest_contacts", "started_at") == pytest.approx(1, abs=0.1)
    assert ratio("(from latest_contacts where parent_contact_id is null)", "started_at") > 0.9
    assert ratio("latest_payments", "paid_at") == pytest.approx(1, abs=0.15)
    assert ratio("survey_responses", "responded_at") == pytest.approx(1, abs=0.3)


def test_what_happens_in_the_burn_in_is_not_written(small, build):
    first = "timestamp '2026-08-02'"
    for table, moment in {
        "contacts": "started_at",
        "bills": "issued_at",
        "payments": "paid_at",
        "interruptions": "started_at",
        "engagement_events": "occurred_at",
        "survey_invitations": "sent_at",
        "survey_responses": "responded_at",
        "program_enrollments": "enrolled_at",
        "customer_signals": "occurred_at",
        "truth_customer_days": "date",
    }.items():
        assert small.value(f"select count(*) from {table} where {moment} < {first}") == 0, table
    assert small.value(f"select min(loaded_at) >= {first} from customers")
    # The payments of earlier bills are of no bill.
    assert 0 < small.value("select avg((bill_id is null)::int) from latest_payments") < 0.6
    cold = build(300, 60, settings=("calendar.burn_in_days=0",))
    assert cold.value("select count(*) from payments where bill_id is null") == 0


def test_bills_follow_the_season(build):
    company = build(500, 365)
    winter, summer = company.rows("""
        select avg(amount) filter (month(issued_at) in (12, 1, 2)),
            avg(amount) filter (month(issued_at) in (6, 7, 8))
        from latest_bills join latest_customers using (customer_id)
        where customer_type = 'residential'
    """)[0]
    assert winter > 1.4 * summer


def test_leaving_follows_dissatisfaction_with_the_stated_ratio(build):
    company = build(
        6_000, 200, seed=3, settings=("churn.leaving_per_year=0.4", "programs.randomized_share=0.2")
    )
    days = company.connection.execute("""
        select probability_satisfied::double as probability,
            coalesce(date = closed_at::date, false)::double as is_leaving
        from truth_customer_days join latest_customers using (customer_id)
        where date > customer_since
        order by customer_id, date
    """).fetchnumpy()
    probability, left = days["probability"], days["is_leaving"]
    # Poisson regression of leaving on the probability, by Newton's method.
    design = np.column_stack([np.ones_like(probability), probability - probability.mean()])
    coefficients = np.array([math.log(left.mean()), 0.0])
    for _ in range(20):
        expected = np.exp(design @ coefficients)
        information = design.T @ (expected[:, None] * design)
        coefficients += np.linalg.solve(information, design.T @ (left - expected))
    ratio = math.exp(-coefficients[1] / 10)
    error = math.sqrt(np.linalg.inv(information)[1, 1]) / 10
    stated = company.value("select any_value(hazard_ratio_per_10_points) from truth_hazards")
    assert abs(math.log(ratio / stated)) < 3 * error
    assert error < 0.03


def test_program_effects_have_their_sign(middle):
    effects = dict(middle.rows("select program_id, effect_points from truth_programs"))
    assert effects["P-newsletter"] == 0
    assert effects["P-loyalty-club"] == 0
    assert effects["P-paperless-switch"] < -3
    for helpful in ("P-call-back", "P-recovery-desk", "P-payment-plan", "P-outage-texts"):
        assert 1.5 < effects[helpful] < 8, helpful
    assert 0.5 < effects["P-longer-hours"] < 2.5


def test_true_effects_are_the_difference_to_a_company_without_the_program(build):
    name = "programs.outage_texts"
    with_program = build(2_000, 200)
    without = build(2_000, 200, settings=(f"{name}.effect_points=0",))
    query = """
        select avg(probability_satisfied) from truth_customer_days
        join program_enrollments using (customer_id)
        where program_id = 'P-outage-texts'
            and date >= enrolled_at::date + 21 and closed_at is null
    """.replace("and closed_at is null", "")
    difference = 100 * (with_program.value(query) - without.value(query))
    stated = with_program.value(
        "select effect_points from truth_programs where program_id = 'P-outage-texts'"
    )
    assert difference == pytest.approx(stated, abs=0.35)


def test_programs_select_as_designed(middle):
    """Enrolled against everybody, on the eve of enrolment."""

    def gap(program):
        return middle.value(f"""
            with base as (
                select date, avg(probability_satisfied) as level
                from truth_customer_days group by date
            )
            select avg(d.probability_satisfied - base.level)
            from latest_program_enrollments as e
            join truth_customer_days as d
                on d.customer_id = e.customer_id and d.date = e.enrolled_at::date - 1
            join base using (date)
            where e.program_id = '{program}'
        """)

    assert gap("P-loyalty-club") > 0.04
    assert gap("P-recovery-desk") < -0.05
    assert abs(gap("P-outage-texts")) < 0.03


def test_starts_are_staggered_and_customers_share_programs(middle):
    weeks = middle.value("""
        select min(weeks) from (
            select count(distinct date_trunc('week', enrolled_at)) as weeks
            from program_enrollments group by program_id)
    """)
    assert weeks >= 5
    assert (
        middle.value("""
        select count(*) from (select customer_id from latest_program_enrollments
            group by 1 having count(*) > 1)
    """)
        > 100
    )


def test_a_program_marks_most_of_what_it_causes(middle):
    assert middle.value("select count(*) from contacts where program_id = 'P-call-back'") > 50
    assert (
        middle.value("select count(*) from engagement_events where program_id = 'P-newsletter'")
        > 500
    )


def test_automatic_answers_come_before_human_ones(middle):
    seconds, share = middle.rows("""
        select max(date_diff('second', started_at, first_response_at)),
            avg((first_response_at < first_human_response_at)::int)
        from latest_contacts where channel = 'email'
    """)[0]
    assert seconds <= 120
    assert share > 0.95


def test_journeys_are_told_with_their_effects(middle):
    journeys = {
        name: (effect, interaction, customers)
        for name, effect, interaction, customers in middle.rows(
            "select journey_id, effect_points, interaction_points, customers from truth_journeys"
        )
    }
    assert set(journeys) == {
        "outage_call_call",
        "move_in_bill_call",
        "digital_try_call",
        "late_payment_plan",
    }
    for name in ("outage_call_call", "move_in_bill_call", "digital_try_call"):
        effect, interaction, customers = journeys[name]
        assert effect < interaction < 0
        assert customers > 0


def test_the_lowest_scores_do_not_gain_most(middle):
    correlation, kinds = middle.rows("""
        select corr(gain, probability_satisfied), (select count(distinct intervention)
            from truth_interventions)
        from (select customer_id, max(gain_points) as gain from truth_interventions group by 1)
        join truth_customer_days using (customer_id) where date = '2026-09-30'
    """)[0]
    assert kinds == 4
    assert -0.7 < correlation < 0.2


@pytest.fixture(scope="module")
def said(build):
    """(touchpoint, instrument, answer, is resolved, mood, cause) of each comment, by its core."""
    company = build(
        2_000,
        120,
        settings=("comments.typing_error_share=0", "surveys.self_selected=false"),
    )
    cores: dict[str, set[tuple[str, str]]] = {}
    for phrases in (ENGLISH, GERMAN):
        for key, texts in phrases.cores.items():
            for text in texts:
                cores.setdefault(text.lower(), set()).add(key)
    written = company.rows("""
        select r.touchpoint, r.instrument_id, answer, c.resolved_at <= i.sent_at, lower(comment)
        from survey_responses as r join survey_invitations as i using (invitation_id)
        left join latest_contacts as c on c.contact_id = i.contact_id
        where comment is not null
    """)
    return [
        (*row, {mood for mood, _ in found}, {cause for _, cause in found})
        for *row, comment in written
        for found in [set().union(*(keys for text, keys in cores.items() if text in comment))]
    ]


def test_comments_fit_their_touchpoint(said):
    on_website = [row for row in said if row[0] == "website"]
    assert len(on_website) > 30
    assert all("website" in causes for *_, causes in on_website)
    of_company = [row for row in said if row[0] in ("relationship", "follow_up")]
    assert len(of_company) > 100
    assert all(causes & {"company", "outage", "bill"} for *_, causes in of_company)


def test_comments_about_what_is_open_follow_only_what_is_open(said):
    unresolved = [row for row in said if row[-1] == {"unresolved"}]
    assert len(unresolved) > 30
    assert not any(is_resolved for _, _, _, is_resolved, _, _ in unresolved)


def test_the_middle_of_a_scale_is_indifferent(said):
    middle_answers = {"website_csat": ("😐", "😑"), "after_contact_csat": ("3",)}
    for instrument, answers in middle_answers.items():
        moods = [row[4] for row in said if row[1] == instrument and row[2] in answers]
        assert len(moods) > 5, instrument
        assert all("indifferent" in mood for mood in moods), instrument


def test_comments_follow_the_rating(middle):
    happy, angry = ("thank", "great", "happy", "friendly"), ("disappointed", "fed up", "nobody")

    def share(words, condition):
        match = " or ".join(f"lower(comment) like '%{word}%'" for word in words)
        return middle.value(
            f"select avg(({match})::int) from survey_responses "
            f"where comment is not null and instrument_id like '%csat%' and {condition}"
        )

    assert share(happy, SATISFIED) > share(happy, f"not ({SATISFIED})") + 0.05
    assert share(angry, f"not ({SATISFIED})") > share(angry, SATISFIED) + 0.05
    assert (
        middle.value("""
        select count(distinct comment) / count(comment) from survey_responses
    """)
        > 0.6
    )
