-- Only what segments are defined by: the others would be computed for nothing.
-- depends_on: {{ ref('segment_definitions') }}
-- depends_on: {{ ref('feature_definitions') }}
{% set dates -%}
(
    select
        score_date,
        known_before,
        -- thirty days at once, as scores are
        cast(floor((row_number() over (order by score_date) - 1) / 30e0) as integer) as batch
    from {{ ref('int_score_dates') }}
    where is_due
)
{%- endset %}
{{ features_of_batches(dates, features_of_segments()) }}
