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
segment_definitions as (

    -- In a warehouse that is older than this table nobody knows by which definitions days before were placed.
    select
        *,
        true as is_defined,
        {{ first_due_day() }} as from_date
    from definitions

)
{% endif %}

select * from segment_definitions
