-- What the score explains of a difference and what is left of it are the difference, or one of them is wrong.
with

correlates as (

    select * from {{ ref('fct_csat_correlates') }}

),

strays as (

    select
        kind,
        value
    from correlates
    where
        (reason is null) <> (difference is not null)
        or abs(difference - explained - beyond) > 1e-9
        or abs(difference - csat + csat_everyone) > 1e-9
        or difference_q_value < difference_p_value
        or beyond_q_value < beyond_p_value

)

select * from strays
