-- Customers add up to segments: the members of the as-of date, from the stretches that readers get, have the
-- mean scores that the estimates start from.
{%- set day = literal_day(ref('int_as_of_date'), 'min(as_of_date)') %}
with

members as (

    select
        segment_id,
        segment_value,
        customer_id
    from {{ ref('fct_segment_members') }}
    where valid_from <= {{ day }} and coalesce(valid_until, {{ day }}) >= {{ day }}

),

scores as (

    select
        customer_id,
        csat_score
    from {{ ref('fct_customer_csat_daily') }}
    where score_date = {{ day }}

),

of_members as (

    select
        members.segment_id,
        members.segment_value,
        count(*) as customers,
        sum(scores.csat_score) as score_sum
    from members
    left join scores on members.customer_id = scores.customer_id
    group by members.segment_id, members.segment_value

),

of_segments as (

    select
        segment_id,
        segment_value,
        customers,
        100 * probability_sum as score_sum
    from {{ ref('int_segment_scores') }}
    where score_date = {{ day }}

)

select
    of_segments.segment_id,
    of_segments.segment_value
from of_segments
full outer join of_members
    on
        of_segments.segment_id = of_members.segment_id
        and of_segments.segment_value = of_members.segment_value
where
    of_members.customers is distinct from of_segments.customers
    or abs(of_members.score_sum - of_segments.score_sum) / of_segments.customers > 1e-9
