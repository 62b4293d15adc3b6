-- Windows of a horizon lie end to end, back from the as-of date, so that nobody is followed twice at a time.
-- Where the scores do not reach back far enough for one, there is a shorter one, which tells up to its end.
with

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

score_dates as (

    select min(score_date) as first_date
    from {{ ref('int_base_scores') }}

),

possible as (

    {% for days in retention_horizons() %}
    {%- set outer_loop = loop %}
    {% for number in range([var('retention_days') // days, 1] | max) %}
    select
        {{ days }} as horizon_days,
        {{ number }} as windows_back
    {% if not (loop.last and outer_loop.last) %}union all{% endif %}
    {% endfor %}
    {% endfor %}

),

dated as (

    select
        possible.horizon_days,
        possible.windows_back,
        {{ add_days('as_of.as_of_date', '-possible.horizon_days * (possible.windows_back + 1)') }}
            as whole_from,
        {{ add_days('as_of.as_of_date', '-possible.horizon_days * possible.windows_back') }} as end_date,
        score_dates.first_date
    from possible
    cross join as_of
    cross join score_dates

),

windows as (

    select
        cast(horizon_days as bigint) as horizon_days,
        cast(windows_back as bigint) as windows_back,

        {{ days_between('greatest(whole_from, first_date)', 'end_date') }} as followed_days,
        whole_from >= first_date as is_whole,

        greatest(whole_from, first_date) as score_date,
        end_date
    from dated
    where
        whole_from >= first_date
        or (windows_back = 0 and first_date < end_date)

)

select * from windows
