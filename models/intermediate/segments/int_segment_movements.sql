with

movements as (

    select * from {{ ref('segment_movements') }}

),

segment_movements as (

    select * from movements

)

select * from segment_movements
