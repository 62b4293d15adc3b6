with

shapes as (

    select * from {{ ref('model_shapes') }}

),

terms as (

    select * from {{ ref('csat_model_terms') }}

),

as_of as (

    select * from {{ ref('int_as_of_date') }}

),

registry as (

    select * from {{ ref('feature_definitions') }}

),

bins as (

    -- Bins at the ends are open; an infinite edge would be a number that charts choke on.
    select
        terms.feature,
        as_of.as_of_date as score_date,

        terms.feature_kind as kind,
        registry.label as feature_label,
        registry.unit,
        registry.driver,
        registry.driver_label,
        terms.category,
        shapes.model_version,

        shapes.cell_number as bin_number,
        nullif(terms.lower_edge, cast('-infinity' as double)) as from_value,
        nullif(terms.upper_edge, cast('infinity' as double)) as to_value,
        shapes.customers,
        shapes.points,
        shapes.points_lower,
        shapes.points_upper,

        terms.is_missing,
        terms.is_unknown
    from shapes
    inner join terms
        on
            shapes.model_version = terms.model_version
            and shapes.term = terms.term
            and shapes.cell_number = terms.cell_number
    cross join as_of
    left join registry on terms.feature = registry.feature
    where terms.second_feature is null

)

select * from bins
