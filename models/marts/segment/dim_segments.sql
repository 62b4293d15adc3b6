with

definitions as (

    select * from {{ ref('segment_definitions') }}

),

segment_scores as (

    select * from {{ ref('int_segment_scores') }}
    where score_date = {{ literal_day(ref('int_as_of_date'), 'min(as_of_date)') }}

),

sizes as (

    select
        segment_id,
        cast(sum(customers) as bigint) as customers,
        count(*) as segment_values
    from segment_scores
    group by segment_id

),

segments as (

    select
        definitions.segment_id,

        definitions.segment_name,
        definitions.owner,
        coalesce(
            nullif(definitions.condition, ''),
            definitions.dimension || coalesce(' × ' || nullif(definitions.second_dimension, ''), '')
        ) as definition,

        coalesce(sizes.customers, 0) as customers,
        coalesce(sizes.segment_values, 0) as segment_values,

        coalesce(definitions.condition, '') = '' as is_dimension
    from definitions
    left join sizes on definitions.segment_id = sizes.segment_id

)

select * from segments
