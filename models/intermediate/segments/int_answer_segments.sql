with

placed as (

    select * from {{ ref('answer_segments') }}

),

answer_segments as (

    select
        response_id,
        segment_id,
        segment_value,
        '{{ segment_checksum() }}' as definitions_checksum
    from placed

)

select * from answer_segments
