-- What drivers contribute to a segment on the as-of date is the mean of what they contribute to its
-- customers; and what the scores of all values of a dimension moved by is what those of the base did, once
-- those who moved between the values are counted.
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

of_customers as (

    select
        members.segment_id,
        members.segment_value,
        drivers.driver,
        avg(drivers.points) as points
    from members
    inner join {{ ref('fct_customer_csat_drivers') }} as drivers on members.customer_id = drivers.customer_id
    where drivers.score_date = {{ day }}
    group by members.segment_id, members.segment_value, drivers.driver

),

of_segments as (

    select
        segment_id,
        segment_value,
        driver,
        points
    from {{ ref('fct_segment_csat_drivers') }}
    where score_date = {{ day }} and segment_value <> {{ pooled_value() }}

),

dimensions as (

    select segment_id from {{ ref('dim_segments') }}
    where is_dimension

),

moved as (

    select
        movements.score_date,
        movements.segment_id,
        sum(movements.stayed_score_sum - movements.stayed_score_sum_before) as stayed_change,
        sum(movements.moved_in_score_sum - movements.moved_out_score_sum) as moved_change,
        sum(movements.joined_score_sum) as joined,
        sum(movements.left_company_score_sum) as left_company
    from {{ ref('int_segment_movements') }} as movements
    inner join dimensions on movements.segment_id = dimensions.segment_id
    where movements.score_date >= {{ first_due_day() }}
    group by movements.score_date, movements.segment_id
    -- Segments that are defined anew begin anew.
    having sum(movements.customers_before) > 0

),

base as (

    select * from {{ ref('int_segment_movements') }}
    where score_date >= {{ first_due_day() }} and segment_id = 'all'

)

select
    of_segments.segment_id,
    of_segments.segment_value,
    of_segments.driver as what,
    of_segments.points as figure,
    of_customers.points as expected
from of_segments
left join of_customers
    on
        of_segments.segment_id = of_customers.segment_id
        and of_segments.segment_value = of_customers.segment_value
        and of_segments.driver = of_customers.driver
where coalesce(abs(of_segments.points - of_customers.points) > 1e-9, true)

union all

select
    moved.segment_id,
    cast(moved.score_date as varchar) as segment_value,
    'change of scores' as what,
    moved.stayed_change + moved.moved_change + moved.joined - moved.left_company as figure,
    base.score_sum_by_before - base.score_sum_before as expected
from moved
inner join base on moved.score_date = base.score_date
where
    abs(
        moved.stayed_change + moved.moved_change + moved.joined - moved.left_company
        - base.score_sum_by_before + base.score_sum_before
    ) > 1e-6
    or abs(moved.joined - base.joined_score_sum) > 1e-6
    or abs(moved.left_company - base.left_company_score_sum) > 1e-6
