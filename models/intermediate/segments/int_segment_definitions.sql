-- Only what differs from the definitions in force before the days of this run: what these days have written
-- is forgotten first, as in int_segment_changes.
with

definitions as (

    select
        trim(segment_id) as segment_id,
        trim(coalesce(condition, '')) as condition,
        trim(coalesce(dimension, '')) as dimension,
        trim(coalesce(second_dimension, '')) as second_dimension
    from {{ ref('segment_definitions') }}

),

{% if is_incremental() %}
ranked as (

    select
        *,
        row_number() over (partition by segment_id order by from_date desc) as place
    from {{ this }}

),

in_force as (

    select * from ranked
    where place = 1 and is_defined

),

segment_definitions as (

    select
        coalesce(definitions.segment_id, in_force.segment_id) as segment_id,
        coalesce(definitions.condition, '') as condition,
        coalesce(definitions.dimension, '') as dimension,
        coalesce(definitions.second_dimension, '') as second_dimension,
        definitions.segment_id is not null as is_defined,
        {{ first_due_day() }} as from_date
    from definitions
    full outer join in_force on definitions.segment_id = in_force.segment_id
    where
        definitions.segment_id is null
        or in_force.segment_id is null
        or definitions.condition <> in_force.condition
        or definitions.dimension <> in_force.dimension
        or definitions.second_dimension <> in_force.second_dimension

)
{% else %}
changes as (

    select * from {{ ref('int_segment_changes') }}

),

first_changes as (

    -- Nobody may have met a condition on the first days; a warehouse that is older than this table has
    -- changes of earlier days.
    select
        segment_id,
        min(from_date) as from_date
    from changes
    group by segment_id

),

segment_definitions as (

    select
        definitions.segment_id,
        definitions.condition,
        definitions.dimension,
        definitions.second_dimension,
        true as is_defined,
        least({{ first_due_day() }}, coalesce(first_changes.from_date, {{ first_due_day() }})) as from_date
    from definitions
    left join first_changes on definitions.segment_id = first_changes.segment_id

)
{% endif %}

select * from segment_definitions
