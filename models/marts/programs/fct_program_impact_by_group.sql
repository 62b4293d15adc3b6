with

effects as (

    select
        program_id,
        method,
        effect_groups
    from {{ ref('program_effects') }}

),

programs as (

    select * from {{ ref('int_programs') }}

),

segments as (

    select
        segment_id,
        is_dimension,
        coalesce(segment_name, segment_id) as segment_name
    from {{ ref('dim_segments') }}

),

effect_groups as (

    select
        program_id,
        method,
        {{ rows_of('effect_groups') }}
    from effects

),

placed as (

    select
        *,
        -- A segment goes by its entity_id, segment_id:segment_value, and no segment_id has a colon.
        case when group_kind = 'segment' then split_part(group_value, ':', 1) end as segment_id,
        substr(group_value, length(split_part(group_value, ':', 1)) + 2) as value_in_segment
    from effect_groups

),

named as (

    select
        placed.*,
        case
            when segments.is_dimension then segments.segment_name || ': ' || placed.value_in_segment
            else coalesce(segments.segment_name, placed.group_value)
        end as group_name
    from placed
    left join segments on placed.segment_id = segments.segment_id

),

impact as (

    select
        named.program_id,
        named.group_kind,
        named.group_value,
        named.segment_id,

        named.group_name,
        named.method,
        named.verdict,
        named.verdict_message,

        named.effect_points,
        named.effect_points_lower,
        named.effect_points_upper,
        named.smallest_effect_told,
        named.treated_customers,
        named.answers,
        named.cost_per_point,
        named.cost_per_point_lower,
        named.cost_per_point_upper,
        named.cost_per_satisfied,
        named.cost_per_satisfied_lower,
        named.cost_per_satisfied_upper,

        named.counted_from_date,
        programs.as_of_date
    from named
    inner join programs on named.program_id = programs.program_id

)

select * from impact
