with

cells as (

    select * from {{ ref('staffing_cells') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

staffing as (

    select
        cells.staffing_view,
        cells.cell,

        cells.topic,
        cells.queue,
        cells.band,
        cells.reason,

        cells.hour_of_day,
        cells.band_rank,
        cells.contacts,
        cells.contacts_in_hour,
        cells.agents_in_hour,
        cells.contacts_per_agent,
        cells.median_wait_seconds,
        cells.skill_match_share,
        cells.answers,
        cells.csat,
        cells.csat_lower,
        cells.csat_upper,
        cells.csat_estimate,
        cells.csat_estimate_lower,
        cells.csat_estimate_upper,

        as_of.as_of_date
    from cells
    cross join as_of

)

select * from staffing
