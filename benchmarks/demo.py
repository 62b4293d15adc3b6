"""What the marts of a simulated company say, beside the truth that the simulator wrote.

    python benchmarks/demo.py warehouse/csat_build.duckdb data/demo

prints, in Markdown, the figures of the demo that README.md and the pages in models/docs quote, so
that they can be renewed. Nothing is written.
"""

from __future__ import annotations

import sys

import duckdb

from csat.engine import quote

#: Who would stand out if segments of customers in trouble were estimated worse than others.
IN_TROUBLE = "('frequent_callers', 'long_waits', 'interrupted')"

#: Estimates of the base and of all segments with the truth of their day; scores of the last day.
VIEWS = """
create temp table truth as
select customer_id, date as score_date, 100 * probability_satisfied as truth
from read_parquet({truth_file});

create temp table base_days as
select estimates.*, in_truth.truth
from marts.fct_base_csat_daily as estimates
inner join (
    select score_date, avg(truth) as truth
    from marts.fct_customer_csat_daily inner join truth using (customer_id, score_date)
    group by score_date
) as in_truth using (score_date);

create temp table segment_days as
select estimates.*, in_truth.truth
from marts.fct_segment_csat_daily as estimates
inner join (
    select members.entity_id, truth.score_date, avg(truth.truth) as truth
    from marts.fct_segment_members as members
    inner join truth
        on
            members.customer_id = truth.customer_id
            and truth.score_date between members.valid_from
            and coalesce(members.valid_until, date '9999-12-31')
    group by members.entity_id, truth.score_date
) as in_truth using (entity_id, score_date)
where not estimates.is_suppressed;

create temp table last_scores as
select *, ntile(10) over (order by csat_score, customer_id) as tenth
from marts.fct_customer_csat_current inner join truth using (customer_id, score_date);

create temp table last_day as
select max(score_date) as score_date from base_days;
"""

#: How near figures were to the truth, over the rows of ``base_days`` or ``segment_days``.
ERRORS = """
    count(*) as cases,
    avg(csat_estimate - truth) as estimate_off_by,
    avg(csat_model_mean - truth) as mean_score_off_by,
    avg(csat_survey - truth) as survey_off_by,
    sqrt(avg((csat_estimate - truth) ** 2)) as error_of_estimate,
    sqrt(avg((csat_model_mean - truth) ** 2)) as error_of_mean_score,
    sqrt(avg((csat_survey - truth) ** 2)) as error_of_survey,
    count(*) filter (where truth between csat_estimate_lower and csat_estimate_upper)
        as estimate_holds,
    count(*) filter (where truth between csat_survey_lower and csat_survey_upper)
        as survey_holds,
    avg(csat_estimate_upper - csat_estimate_lower) as width_of_estimate,
    avg(csat_survey_upper - csat_survey_lower) as width_of_survey
"""

ESTIMATE = """
    customers, csat_model_mean, survey_correction, csat_estimate, csat_estimate_lower,
    csat_estimate_upper, csat_survey, csat_survey_lower, csat_survey_upper, survey_answers,
    answers, effective_answers, gain_over_survey, response_bias_correction
"""

#: Each table by its title.
TABLES = {
    "The customer with the lowest score": """
        with lowest as (
            select * from last_scores order by csat_score, customer_id limit 1
        ), drivers as (
            select drivers.*
            from marts.fct_customer_csat_drivers as drivers
            inner join lowest using (customer_id)
        )
        select 0 as place, customer_id as what, base_score as points from lowest
        union all
        select driver_rank, driver_label, points from drivers where driver_rank <= 6
        union all
        select 7, count(*) || ' other drivers', sum(points) from drivers where driver_rank > 6
        union all
        select 8, 'score', csat_score from lowest
        order by place
    """,
    "Its last days": """
        select
            score_date, model_version, base_score, columns('points_.*'), csat_score,
            csat_score_lower, csat_score_upper
        from marts.fct_customer_csat_daily
        where
            customer_id = (
                select customer_id from last_scores order by csat_score, customer_id limit 1
            )
            and score_date > (select score_date from last_day) - 15
        order by score_date
    """,
    "Predicted beforehand": """
        select
            period_kind, period, answers, auc, log_loss, base_rate_log_loss, calibration_error,
            calibration_error_by_chance
        from marts.fct_model_performance
        where model_version = 'all'
        order by period_kind, period
    """,
    "Versions in force": """
        select model_version, in_force_from, answers, effective_answers
        from marts.dim_model_versions where is_champion order by in_force_from
    """,
    "Scores of the last day": """
        select
            count(*) as customers, avg(csat_score) as mean_score, avg(truth) as mean_truth,
            stddev(csat_score) as score_sd, stddev(truth) as truth_sd,
            stddev(csat_score) / sqrt(count(*)) as score_standard_error,
            corr(csat_score, truth) as correlation,
            100 * avg(cast(truth between csat_score_lower and csat_score_upper as integer))
                as interval_holds_percent
        from last_scores
    """,
    "By tenths of the score": """
        select tenth, avg(csat_score) as mean_score, avg(truth) as mean_truth
        from last_scores group by tenth order by tenth
    """,
    "The base, by month": f"""
        select cast(month(score_date) as varchar) as month, {ERRORS}
        from base_days group by month(score_date)
        union all
        select 'from the third on', {ERRORS} from base_days
        where score_date
            >= (select date_trunc('month', min(score_date) + interval 2 month) from base_days)
        union all
        select 'all', {ERRORS} from base_days
    """,
    "The weighted survey alone, of the whole window, by month": """
        with shares as (
            select
                days.score_date, any_value(days.truth) as truth,
                sum(weight * cast(is_satisfied as integer)) / sum(weight) as share,
                sum(weight) ** 2 / sum(weight * weight) as effective
            from base_days as days
            inner join intermediate.int_answer_residuals as answers
                on
                    days.model_version = answers.model_version
                    and answers.known_date <= days.score_date
                    and answers.sent_date <= days.score_date
            where not answers.is_gold
            group by days.score_date
        ), intervals as (
            -- Wilson's (1927).
            select
                *,
                100 * (share + 1.92073 / effective) / (1 + 3.84146 / effective) as middle,
                195.996 * sqrt(share * (1 - share) / effective + 0.960365 / effective ** 2)
                    / (1 + 3.84146 / effective) as half
            from shares
        )
        select
            month(score_date) as month, count(*) as days, avg(100 * share - truth) as off_by,
            count(*) filter (where abs(truth - middle) <= half) as holds, avg(2 * half) as width
        from intervals group by month(score_date) order by month
    """,
    "Segments": f"""
        select segment_id, {ERRORS} from segment_days group by segment_id
        union all
        select 'in trouble', {ERRORS} from segment_days where segment_id in {IN_TROUBLE}
        union all
        select 'all others', {ERRORS} from segment_days where segment_id not in {IN_TROUBLE}
    """,
    "The last day": f"""
        select 'all' as entity_id, {ESTIMATE}, truth
        from base_days inner join last_day using (score_date)
        union all
        select * from (
            select entity_id, {ESTIMATE}, truth
            from segment_days inner join last_day using (score_date)
            order by entity_id
        )
    """,
    "Values that are not shown": """
        select segment_id, segment_value, suppression_reason, scores.customers
        from marts.fct_segment_csat_daily as segments
        inner join last_day using (score_date)
        left join intermediate.int_segment_scores as scores
            using (score_date, segment_id, segment_value)
        where segments.is_suppressed or segment_value like '(%'
        order by segment_id, segment_value
    """,
    "Changes over 28 days, and what adding two variances would give": """
        select
            today.score_date, today.csat_estimate, earlier.csat_estimate as earlier,
            today.change_28_days, today.change_28_days_lower, today.change_28_days_upper,
            (today.csat_estimate_upper - today.csat_estimate_lower) / 2 as half,
            (earlier.csat_estimate_upper - earlier.csat_estimate_lower) / 2 as earlier_half,
            sqrt(half ** 2 + earlier_half ** 2) as added_half
        from base_days as today
        inner join last_day using (score_date)
        inner join base_days as earlier on earlier.score_date = today.score_date - 28
    """,
    "The first day, and the middles of months": """
        select
            score_date, answers, csat_estimate, csat_estimate_lower, csat_estimate_upper,
            estimate_if_satisfied_answer_more, estimate_if_satisfied_answer_less,
            conclusion_flips_at
        from base_days
        where day(score_date) = 15 or score_date = (select min(score_date) from base_days)
        order by score_date
    """,
    "Answers": """
        select survey_kind, count(*) as answers, 100 * avg(cast(is_satisfied as integer)) as csat
        from marts.fct_survey_answers where metric = 'csat'
        group by survey_kind order by survey_kind
    """,
    "Whom to ask next": """
        select count(*) filter (where not is_random) as chosen,
            count(*) filter (where is_random) as by_lot,
            any_value(random_probability) as random_probability,
            sum(response_propensity) as expected_answers
        from marts.fct_survey_plan
    """,
    "What it would bring": """
        select entity_id, priority, margin_now, margin_after_plan, margin_if_all_random
        from marts.fct_survey_plan_segments order by entity_id
    """,
}


def print_table(title: str, found: duckdb.DuckDBPyRelation) -> None:
    """Print a relation as a table of Markdown."""
    print(f"\n### {title}\n")
    print(f"| {' | '.join(found.columns)} |")
    print("|" + " --- |" * len(found.columns))
    for row in found.fetchall():
        print(f"| {' | '.join(_cell(value) for value in row)} |")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def main(arguments: list[str]) -> None:
    """Print all tables of a company as built, given its build file and its folder."""
    if len(arguments) != 2:
        sys.exit(__doc__)
    build_file, company = arguments
    # Not attached under a name: views in it speak of the database by that of its file.
    with duckdb.connect(build_file, read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(VIEWS.format(truth_file=quote(f"{company}/truth/customer_days.parquet")))
        for title, query in TABLES.items():
            print_table(title, connection.sql(query))


if __name__ == "__main__":
    main(sys.argv[1:])
