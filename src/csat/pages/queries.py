"""The queries of the pages. What users choose comes in as parameters, never as text of a query.

Each reads what its picture shows and no more: one customer of the daily mart, one entity of the
ledger, a day of the segments.
"""

from __future__ import annotations

# --- All customers -----------------------------------------------------------------------

BASE_DAYS = """
    select score_date, csat_estimate, csat_estimate_lower, csat_estimate_upper, csat_band,
        customers, csat_survey, csat_survey_lower, csat_survey_upper, survey_answers,
        effective_answers, change_1_day, change_7_days, change_7_days_lower, change_7_days_upper,
        is_change_7_days_more_than_noise, change_28_days, change_28_days_lower,
        change_28_days_upper, is_change_28_days_more_than_noise
    from marts.fct_base_csat_daily
    where score_date > (select max(score_date) from marts.fct_base_csat_daily)
        - cast($days as integer)
    order by score_date
"""
BANDS = """
    select csat_band, count(*) as customers, min(csat_score) as lowest, max(csat_score) as highest
    from marts.fct_customer_csat_current
    where csat_band is not null
    group by csat_band
    order by lowest
"""
LEDGER = """
    select component, part, part_label, sum(points) as points
    from marts.fct_csat_change_ledger
    where entity_id = $entity_id and span_days = $span_days
        and score_date = (
            select max(score_date) from marts.fct_csat_change_ledger
            where entity_id = $entity_id and span_days = $span_days
        )
    group by component, part, part_label
    order by abs(sum(points)) desc
"""
ALARMS = """
    select alert_id, level, entity_id, kind, status, message, opened_date, closed_date
    from marts.fct_csat_alerts
    order by closed_date is not null, opened_date desc, alert_id
    limit 50
"""
KPIS = """
    select period_start, is_complete, csat, csat_lower, csat_upper, csat_status, nps, nps_lower,
        nps_upper, nps_status, ces, ces_lower, ces_upper, ces_status
    from marts.fct_kpis_together
    where period_kind = 'month' and dimension = 'all'
    order by period_start
"""
AT_RISK = """
    select
        count(*) as customers,
        count(*) filter (where csat_score_upper < $at_risk_score) as at_risk
    from marts.fct_customer_csat_current
"""

# --- Segments ----------------------------------------------------------------------------

SEGMENTS = """
    select segment_id, segment_name, owner, definition, customers, segment_values, is_dimension
    from marts.dim_segments
    order by not is_dimension, segment_name
"""
SEGMENTS_TODAY = """
    select entity_id, segment_id, segment_value, segment_name, owner, customers, csat_estimate,
        csat_estimate_lower, csat_estimate_upper, csat_survey, csat_survey_lower, csat_survey_upper,
        survey_answers, answers, csat_band, gain_over_survey, change_7_days, change_28_days,
        is_change_28_days_more_than_noise, is_suppressed, suppression_reason
    from marts.fct_segment_csat_daily
    where score_date = (select max(score_date) from marts.fct_segment_csat_daily)
    order by segment_name, segment_value
"""
SEGMENT_DAYS = """
    select entity_id, segment_value, segment_name, score_date, csat_estimate, csat_estimate_lower,
        csat_estimate_upper, csat_survey
    from marts.fct_segment_csat_daily
    where segment_id = any($segment_ids) and not is_suppressed
        and score_date > (select max(score_date) from marts.fct_segment_csat_daily)
            - cast($days as integer)
    order by entity_id, score_date
"""
SEGMENT_DRIVERS = """
    select driver_label, driver_family, points, is_actionable
    from marts.fct_segment_csat_drivers
    where entity_id = $entity_id
        and score_date = (
            select max(score_date) from marts.fct_segment_csat_drivers where entity_id = $entity_id
        )
    order by abs(points) desc
    limit 10
"""

# --- One customer ------------------------------------------------------------------------

LOWEST_CUSTOMERS = """
    select customer_id, csat_score
    from marts.fct_customer_csat_current
    order by csat_score, customer_id
    limit 20
"""
CUSTOMER = """
    select current.*, customers.customer_type, customers.region, customers.plan,
        customers.preferred_channel, customers.tenure_days, customers.annual_value
    from marts.fct_customer_csat_current as current
    left join marts.dim_customers as customers on current.customer_id = customers.customer_id
    where current.customer_id = $customer_id
"""
CUSTOMER_DAYS = """
    select score_date, csat_score, csat_score_lower, csat_score_upper, base_score, csat_band,
        model_version
    from marts.fct_customer_csat_daily
    where customer_id = $customer_id
    order by score_date
"""
CUSTOMER_DRIVERS = """
    select driver_label, driver_family, reason, points, driver_rank, is_actionable
    from marts.fct_customer_csat_drivers
    where customer_id = $customer_id
    order by driver_rank
"""
CUSTOMER_LEVERS = """
    select lever_label, gain_points, lever_cost, cost_per_point, csat_score_afterwards, evidence,
        levers
    from marts.fct_customer_levers
    where customer_id = $customer_id
    order by lever_rank
"""
#: What the published file tells of a customer's days: answers, journeys, listings and their end.
CUSTOMER_EVENTS = """
    select cast(responded_at as date) as event_date, 'Survey answer' as kind,
        upper(metric) || ' answer ' || answer || coalesce(' about ' || topic, '') as event
    from marts.fct_survey_answers
    where customer_id = $customer_id
    union all
    select cast(started_at as date), 'Journey begins', journey_name
    from marts.fct_customer_journeys
    where customer_id = $customer_id
    union all
    select cast(ended_at as date), 'Journey ends', journey_name || ': ' || status
    from marts.fct_customer_journeys
    where customer_id = $customer_id and ended_at is not null
    union all
    select cast(followed_up_at as date), 'Follow-up', 'A person answered a low rating'
    from marts.fct_closed_loop
    where customer_id = $customer_id and followed_up_at is not null
    union all
    select queue_date, 'Queue', case when is_held_out then 'Kept off the queue by lot: '
        else 'On the queue: ' end || intervention
    from marts.fct_intervention_assignments
    where customer_id = $customer_id
    order by event_date desc, kind
    limit 200
"""

# --- Programs and journeys ---------------------------------------------------------------

PROGRAMS = """
    select impact.program_id, impact.program_name, impact.program_type, impact.method,
        impact.verdict, impact.verdict_message, impact.effect_points, impact.effect_points_lower,
        impact.effect_points_upper, impact.smallest_effect_told, impact.treated_customers,
        impact.answers, impact.cost_per_enrollment, impact.cost_per_point, impact.is_randomized,
        impact.started_date, priorities.priority_rank, priorities.effect_shrunk,
        priorities.probability_positive, priorities.funded_customers, priorities.funded_money,
        priorities.funded_base_points, priorities.reason
    from marts.fct_program_impact as impact
    left join marts.fct_program_priorities as priorities
        on impact.program_id = priorities.program_id
    order by impact.effect_points desc nulls last, impact.program_id
"""
PROGRAM_WEEKS = """
    select weeks_from_start, effect_points, effect_points_lower, effect_points_upper, answers
    from marts.fct_program_impact_by_week
    where program_id = $program_id
    order by weeks_from_start
"""
PROGRAM_CHECKS = """
    select check_name, status, message
    from marts.fct_program_impact_checks
    where program_id = $program_id
    order by status = 'pass', check_name
"""
#: Of groups, those come first that something can be told of.
PROGRAM_GROUPS = """
    select group_kind, group_name, verdict, verdict_message, effect_points, effect_points_lower,
        effect_points_upper, treated_customers, answers
    from marts.fct_program_impact_by_group
    where program_id = $program_id
    order by effect_points is null, group_kind, group_name
"""
JOURNEYS = """
    select journey_id, journey_name, owner, step, step_name, status, started, reached,
        100 * reached_share as reached_percent, dropped, still_open, csat_dropped, csat_finished,
        answers_dropped, answers_finished, median_days
    from marts.fct_journey_funnel
    order by started desc, journey_id, step
"""
JOURNEY_IMPACT = """
    select journey_id, journey_name, step_name, step_before_name, took_step, others, csat,
        csat_others, difference_points, difference_points_lower, difference_points_upper, verdict
    from marts.fct_journey_impact
    order by difference_points nulls last
"""

# --- Surveys, channels, agents -----------------------------------------------------------

SURVEY_MONTHS = """
    select period_start, measure, figure, figure_lower, figure_upper, answers, response_rate,
        response_rate_lower, response_rate_upper, is_complete
    from marts.fct_survey_measures
    where period_kind = 'month' and dimension = 'all'
    order by period_start
"""
SURVEY_BY = """
    select dimension_value, cast(sum(answers) as bigint) as answers,
        cast(sum(favourable) as bigint) as favourable,
        cast(sum(invitations_due) as bigint) as invitations,
        cast(sum(invitations_answered) as bigint) as answered
    from marts.fct_survey_measures
    where period_kind = 'month' and dimension = $dimension and measure = 'csat'
    group by dimension_value
    having sum(answers) > 0
    order by answers desc, dimension_value
    limit 30
"""
MIX_ADJUSTED = """
    select dimension_value, csat, csat_adjusted, csat_adjusted_lower, csat_adjusted_upper,
        difference, difference_lower, difference_upper, answers, held_fixed, reason, period_start
    from marts.fct_csat_mix_adjusted
    where dimension = $dimension and period_kind = 'month' and period_start = (
        select max(period_start) from marts.fct_csat_mix_adjusted
        where dimension = $dimension and period_kind = 'month' and csat_adjusted is not null
    )
    order by csat_adjusted nulls last
"""
TEAMS = """
    select team, verdict, reason, agents, answers, csat_survey, csat_expected, difference_shrunk,
        difference_shrunk_lower, difference_shrunk_upper
    from marts.fct_team_csat
    order by difference_shrunk nulls last, team
"""
#: Without names: whoever may know them finds them by the key in dim_agents.
AGENTS = """
    select agent_id, team, verdict, reason, answers, csat_survey, csat_expected, difference_shrunk,
        difference_shrunk_lower, difference_shrunk_upper, is_new
    from marts.fct_agent_csat
    order by difference_shrunk nulls last, agent_id
"""
STAFFING = """
    select cell, topic, queue, band, band_rank, hour_of_day, contacts, answers, csat_estimate,
        csat_estimate_lower, csat_estimate_upper, median_wait_seconds
    from marts.fct_staffing_csat
    where staffing_view = $staffing_view and csat_estimate is not null
    order by coalesce(band_rank, hour_of_day), cell
"""
CLOSED_LOOP = """
    select status, count(*) as answers
    from marts.fct_closed_loop
    group by status
    order by answers desc
"""

# --- Comments ----------------------------------------------------------------------------

THEMES = """
    select theme_id, language, theme_name, comments, customers, comment_share, csat, csat_lower,
        csat_upper, csat_others, difference, difference_lower, difference_upper, effect_on_total,
        trend, share_change, recent_share, earlier_share, csat_answers, sentiment_mean, reason,
        example_1, example_2, example_3
    from marts.fct_comment_themes
    order by comments desc, theme_id
"""
LANGUAGES = """
    select language, comments, comment_share, csat, csat_lower, csat_upper, themes, sentiment_mean,
        sentiment_auc, sentiment_reason, themes_reason
    from marts.fct_comment_languages
    order by comments desc
"""
COMMENTS_OF_THEME = """
    select response_date, comment, sentiment, channel, topic, rating, metric
    from marts.fct_survey_comments
    where theme_id = $theme_id
    order by response_date desc, response_id
    limit 50
"""

# --- Action ------------------------------------------------------------------------------

QUEUE = """
    select queue_rank, customer_id, recommended_action, reason, preferred_channel, most_lowered_by,
        csat_score, csat_score_lower, csat_score_upper, gain_points, probability_helps,
        value_at_risk, expected_value, intervention_cost, expected_net_value, evidence, is_low,
        is_falling, is_measured, listed_since, queue_date
    from marts.fct_intervention_queue
    order by queue_rank
"""

# --- The model ---------------------------------------------------------------------------

CALIBRATION = """
    select bin_number, answers, predicted_csat, observed_csat, observed_csat_lower,
        observed_csat_upper
    from marts.fct_model_calibration
    where model_version = 'all'
    order by bin_number
"""
PERFORMANCE = """
    select period, answers, log_loss, base_rate_log_loss, auc, calibration_error,
        calibration_error_by_chance
    from marts.fct_model_performance
    where model_version = 'all' and period_kind = 'month'
    order by period
"""
DRIFT = """
    select feature_label, feature_family, status, stability_index, stability_index_by_chance,
        largest_shift
    from marts.fct_feature_drift
    where score_date = (select max(score_date) from marts.fct_feature_drift)
    order by stability_index desc nulls last, feature
"""
IMPORTANCE = """
    select driver_label, driver_family, mean_points, direction, is_actionable, importance_rank
    from marts.fct_csat_driver_importance
    order by importance_rank
    limit 15
"""
VERSION_IN_FORCE = """
    select model_version, answers, in_force_from, is_fallback, fallback_reason, decision
    from marts.dim_model_versions
    where is_in_force
"""
PUBLICATION = """
    select published_at, source_location from monitoring.publication
"""
LAST_DAY = "select max(score_date) as score_date from monitoring.completed_dates"
