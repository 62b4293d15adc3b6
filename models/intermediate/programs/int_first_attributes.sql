-- What customers were like when they were first known: what a program changes of them is not what they were.
with

versions as (

    select * from {{ ref('stg_company__customers_versions') }}

),

first_attributes as (

    select
        customer_id,

        customer_type,
        region,

        annual_value
    from versions
    where is_first_version

)

select * from first_attributes
