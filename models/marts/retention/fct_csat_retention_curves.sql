with

curves as (

    select * from {{ ref('retention_curves') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

told as (

    select
        curves.horizon_days,
        {{ score_fifth_label('curves.score_fifth') }} as score_band,
        curves.days,

        curves.at_risk,
        curves.customers_left,
        100e0 * curves.staying_share as staying_percent,
        100e0 * curves.staying_share_lower as staying_percent_lower,
        100e0 * curves.staying_share_upper as staying_percent_upper,

        as_of.as_of_date
    from curves
    cross join as_of

)

select * from told
