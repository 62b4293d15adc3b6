with

estimates as (

    select * from {{ ref('segment_estimates') }}

)

select * from estimates
