{#- Ends of days at which customers are scored: a SELECT of customer_id, region, score_date,
    as_of_at and known_before. A customer counts on the days from customer_since to the one before closing, as far
    as was known at their end.

    dates   relation of score_date, known_before
    also    further columns of it that the moments get -#}
{% macro customer_moments(dates, also=[]) %}
with

dates as (

    select
        score_date,
        known_before,
        cast({{ add_days('score_date', 1) }} as timestamp) as as_of_at
        {%- for column in also %},
        {{ column }}
        {%- endfor %}
    from {{ dates }} as given

),

customers as (

    select
        customer_id,
        region,
        cast(customer_since as timestamp) as since_at,
        coalesce(closed_at, {{ end_of_time() }}) as closed_at,
        {{ known_from('customer_since') }} as known_from,
        coalesce(superseded_at, {{ end_of_time() }}) as known_until,
        {{ counts_as_loaded('customer_since') }} as loaded_at
    from {{ ref('stg_company__customers_versions') }}

),

moments as (

    select
        customers.customer_id,
        customers.region,
        dates.score_date,
        dates.as_of_at,
        dates.known_before
        {%- for column in also %},
        dates.{{ column }}
        {%- endfor %}
    from dates
    inner join customers
        on
            customers.since_at < dates.as_of_at
            and customers.closed_at >= dates.as_of_at
            and customers.known_from < dates.as_of_at
            and customers.known_until >= dates.as_of_at
            and customers.loaded_at < dates.known_before

)

select * from moments
{% endmacro %}
