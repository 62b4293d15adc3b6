{#- Stops the run with one sentence per var that cannot be used. -#}
{% macro validate_vars() %}
    {% set known = [
        'source_location', 'as_of_date', 'known_at', 'future_tolerance_days', 'max_rejected_share',
        'suppression_list', 'keep_generations', 'publish_parquet', 'late_arrival_days', 'backfill_days', 'retrain_every_days',
        'evaluation_days', 'min_training_answers', 'max_training_answers', 'training_days', 'estimation_days',
        'segment_backfill_days', 'min_segment_customers', 'min_segment_answers', 'survey_days', 'sensitivity_gamma',
        'survey_budget', 'min_days_between_surveys', 'survey_random_share',
        'reference_instrument', 'training_seed',
        'agent_window_days', 'min_agent_answers', 'agent_margin_points', 'new_agent_days', 'time_zone',
        'response_days', 'company_industry', 'kpi_trend_periods', 'min_mix_coverage',
        'journey_outcome_days',
        'smallest_effect_that_matters', 'program_budget', 'program_days',
        'comment_reading_days', 'comment_days', 'max_comment_themes', 'coaching_days',
        'coaching_least_expected', 'coaching_largest_chance',
        'queue_capacity', 'queue_holdout_share', 'queue_redraw_days', 'queue_listing_days',
        'queue_cooling_off_days', 'queue_stay_bonus', 'at_risk_score', 'falling_points',
        'intervention_recovery_share', 'satisfied_customer_worth', 'default_annual_value',
        'retention_days', 'complaint_topics', 'follow_up_days', 'follow_up_window_days',
        'alarm_max_rate', 'alarm_false_share', 'alarm_below_band', 'alarm_smallest_fall'
    ] %}
    {% for name in invocation_args_dict.get('vars') or {} if name not in known %}
        {% do exceptions.raise_compiler_error(
            "There is no var " ~ name ~ ": use one of " ~ known | join(', ') ~ "."
        ) %}
    {% endfor %}
    {% for name in ['as_of_date', 'known_at'] if var(name) | string and not is_calendar_day(var(name) | string) %}
        {% do exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ var(name) ~ "': write it as YYYY-MM-DD, or leave it empty."
        ) %}
    {% endfor %}
    {% set at_least = {
        'future_tolerance_days': 0, 'keep_generations': 0, 'late_arrival_days': 0, 'backfill_days': 1, 'retrain_every_days': 1,
        'evaluation_days': 0, 'training_days': 1, 'estimation_days': 366,
        'min_segment_customers': 1, 'min_segment_answers': 1, 'survey_days': 1, 'segment_backfill_days': 1, 'survey_budget': 0,
        'min_days_between_surveys': 0,
        'min_training_answers': 1, 'max_training_answers': 1,
        'training_seed': 0, 'agent_window_days': 1, 'min_agent_answers': 1, 'agent_margin_points': 1,
        'new_agent_days': 1, 'response_days': 1, 'kpi_trend_periods': 3,
        'journey_outcome_days': 1,
        'program_days': 56,
        'comment_days': 1, 'max_comment_themes': 2, 'coaching_days': 1,
        'queue_capacity': 0, 'queue_redraw_days': 112, 'queue_listing_days': 1, 'queue_cooling_off_days': 0,
        'falling_points': 1, 'retention_days': 28, 'follow_up_days': 1,
        'follow_up_window_days': var('follow_up_days'),
        'comment_reading_days':
            [var('comment_days'), var('coaching_days'), var('estimation_days'), 1] | select('integer') | max
    } %}
    {% for name, least in at_least.items() if var(name) is not integer or var(name) < least %}
        {% set ending = name.split('_') | last %}
        {% set things = ending if ending in ['days', 'answers', 'points', 'periods'] else 'any size' %}
        {% do exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ var(name) ~ "': give a whole number of " ~ things ~ ", "
            ~ least ~ " or more."
        ) %}
    {% endfor %}
    {% for name in [
        'max_rejected_share', 'min_mix_coverage', 'survey_random_share', 'queue_holdout_share',
        'intervention_recovery_share', 'alarm_false_share', 'coaching_least_expected', 'coaching_largest_chance'
    ] if var(name) is not number or not 0 <= var(name) <= 1 %}
        {% do exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ var(name) ~ "': give a share from 0 to 1."
        ) %}
    {% endfor %}
    {% if var('sensitivity_gamma') is not number or not 0 < var('sensitivity_gamma') <= 2 %}
        {% do exceptions.raise_compiler_error(
            "The var sensitivity_gamma is '" ~ var('sensitivity_gamma') ~ "': give a number above 0, up to 2."
        ) %}
    {% endif %}
    {% if var('smallest_effect_that_matters') is not number or not var('smallest_effect_that_matters') > 0 %}
        {% do exceptions.raise_compiler_error(
            "The var smallest_effect_that_matters is '" ~ var('smallest_effect_that_matters')
            ~ "': give points of CSAT above 0."
        ) %}
    {% endif %}
    {% if var('program_budget') is not number or var('program_budget') < 0 %}
        {% do exceptions.raise_compiler_error(
            "The var program_budget is '" ~ var('program_budget') ~ "': give money, 0 or more."
        ) %}
    {% endif %}
    {% for name in ['queue_stay_bonus', 'satisfied_customer_worth', 'default_annual_value', 'at_risk_score']
        if var(name) is not number or var(name) < 0 %}
        {% do exceptions.raise_compiler_error(
            "The var " ~ name ~ " is '" ~ var(name) ~ "': give a number, 0 or more."
        ) %}
    {% endfor %}
    {% if var('alarm_max_rate') is not number or not 0 < var('alarm_max_rate') <= 1 %}
        {% do exceptions.raise_compiler_error(
            "The var alarm_max_rate is '" ~ var('alarm_max_rate')
            ~ "': give false alarms per entity and year, above 0, up to 1."
        ) %}
    {% endif %}
    {% if var('alarm_smallest_fall') is not number or not var('alarm_smallest_fall') > 0 %}
        {% do exceptions.raise_compiler_error(
            "The var alarm_smallest_fall is '" ~ var('alarm_smallest_fall') ~ "': give points of CSAT above 0."
        ) %}
    {% endif %}
    {% if var('publish_parquet') is not boolean %}
        {% do exceptions.raise_compiler_error(
            "The var publish_parquet is '" ~ var('publish_parquet') ~ "': give true or false."
        ) %}
    {% endif %}
    {% if var('time_zone') not in modules.pytz.all_timezones %}
        {% do exceptions.raise_compiler_error(
            "The var time_zone is '" ~ var('time_zone') ~ "': give a name of the IANA, such as Europe/Berlin or UTC."
        ) %}
    {% endif %}
    {% if var('complaint_topics') is string or var('complaint_topics') is not sequence %}
        {% do exceptions.raise_compiler_error(
            "The var complaint_topics is '" ~ var('complaint_topics') ~ "': give a list of topics, such as [complaint]."
        ) %}
    {% endif %}
    {% if not source_location() %}
        {% do exceptions.raise_compiler_error(
            "The var source_location is empty: give the folder, or schema:NAME, that holds your tables."
        ) %}
    {% endif %}
{% endmacro %}


{#- Whether a text is a day of the calendar, as YYYY-MM-DD. -#}
{% macro is_calendar_day(text) %}
    {% if not modules.re.match('^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', text) %}
        {{ return(false) }}
    {% endif %}
    {% set year, month, day = text[:4] | int, text[5:7] | int, text[8:] | int %}
    {% if year == 0 %}
        {{ return(false) }}
    {% endif %}
    {% set next_month = (modules.datetime.date(year, month, 28) + modules.datetime.timedelta(days=4)).replace(day=1) %}
    {{ return(day <= (next_month - modules.datetime.timedelta(days=1)).day) }}
{% endmacro %}


{#- Where the company's tables are: CSAT_SOURCE, or else the var source_location. -#}
{% macro source_location() -%}
    {{ return(env_var('CSAT_SOURCE', var('source_location'))) }}
{%- endmacro %}
