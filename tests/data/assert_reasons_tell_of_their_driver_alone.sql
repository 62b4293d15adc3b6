-- A reason that stands with the wrong driver would blame what has nothing to do with its points.
with

features as (

    -- Numbers differ from customer to customer, windows from feature to feature: neither tells a driver.
    select
        driver,
        translate(label, '0123456789', '') as label
    from {{ ref('feature_definitions') }}

),

phrases as (

    select
        driver,
        ',  ' || label as phrase
    from features

    union

    select
        driver,
        ', no ' || label as phrase
    from features

    union

    select
        driver,
        ', ' || label || ': ' as phrase
    from features

),

reasons as (

    select distinct
        driver,
        ', ' || translate(reason, '0123456789', '') as reason
    from {{ ref('fct_customer_csat_drivers') }}

),

found as (

    select
        reasons.driver,
        reasons.reason,
        phrases.phrase,
        phrases.driver = reasons.driver as is_own
    from reasons
    inner join phrases on reasons.reason like '%' || phrases.phrase || '%'

),

strays as (

    -- `contacts in 90 days` is a part of `contacts in 90 days on another channel`, too.
    select strange.*
    from found as strange
    left join found as own
        on
            strange.driver = own.driver
            and strange.reason = own.reason
            and own.is_own
            and own.phrase like strange.phrase || '%'
    where not strange.is_own and own.phrase is null

)

select * from strays
