{%- set first_day = literal_day(ref('int_score_stretches'), 'min(start_date)') %}
{%- set as_of_day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') %}
with

stretches as (

    select * from {{ ref('int_score_stretches') }}

),

-- Only the days on which stretches start or end are read of a history that is kept for years.
dates as (

    select start_date as score_date from stretches
    union
    select end_date as score_date from stretches

),

history as (

    select history.* from {{ ref('int_customer_csat_history') }} as history
    where history.score_date >= {{ first_day }} and history.score_date in (select dates.score_date from dates)

),

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

by_version_before as (

    select history.* from {{ ref('int_customer_csat_by_version_before') }} as history
    where history.score_date >= {{ first_day }} and history.score_date in (select dates.score_date from dates)

),

moments as (

    select
        history.customer_id,
        history.score_date,
        false as is_by_version_before,
        {% for family in families() %}
        history.contribution_{{ family }},
        {% endfor %}
        {{ kept_logit('history', 'base_scores') }} as logit
    from history
    inner join base_scores on history.score_date = base_scores.score_date

    union all

    select
        by_version_before.customer_id,
        by_version_before.score_date,
        true as is_by_version_before,
        {% for family in families() %}
        by_version_before.contribution_{{ family }},
        {% endfor %}
        {{ kept_logit('by_version_before', 'by_version_before') }} as logit
    from by_version_before

),

moved as (

    select
        stretches.span_days,
        stretches.stretch,
        stretches.stretches,
        starts.customer_id,
        {% for family in families() %}
        {{ secant_slope('ends.logit', 'starts.logit') }}
        * cast(ends.contribution_{{ family }} - starts.contribution_{{ family }} as double)
            as change_{{ family }},
        {% endfor %}
        {{ csat_score('starts.logit') }} as start_score,
        {{ csat_score('ends.logit') }} as end_score
    from stretches
    inner join moments as starts
        on stretches.start_date = starts.score_date and not starts.is_by_version_before
    inner join moments as ends
        on
            starts.customer_id = ends.customer_id
            and stretches.end_date = ends.score_date
            and stretches.ends_by_version_before = ends.is_by_version_before

),

changes as (

    select
        customer_id,
        {{ as_of_day }} as score_date,

        span_days,
        max(case when stretch = stretches then end_score end) as csat_score,
        max(case when stretch = stretches then end_score end)
        - max(case when stretch = 1 then start_score end) as change,
        {% for family in families() %}
        {{ exact_sum('change_' ~ family) }} as change_{{ family }},
        {% endfor %}
        coalesce({{ exact_sum('case when stretch > 1 then start_score end') }}, 0e0)
        - coalesce({{ exact_sum('case when stretch < stretches then end_score end') }}, 0e0)
            as change_new_version
    from moved
    group by customer_id, span_days
    -- Told where each stretch is: who was away in between has begun anew.
    having count(*) = max(stretches)

)

select * from changes
