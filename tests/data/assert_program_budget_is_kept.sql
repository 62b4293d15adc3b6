-- A plan that spends more than there is, or enrols more customers than are left, cannot be carried out.
with

priorities as (

    select * from {{ ref('fct_program_priorities') }}

),

totals as (

    select
        'all programs' as program_id,
        sum(funded_money) - {{ var('program_budget') }} as excess
    from priorities

    union all

    select
        program_id,
        funded_customers - reach_customers as excess
    from priorities

)

select *
from totals
where excess > 1e-6
