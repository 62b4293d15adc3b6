-- An answer that dropped out of a figure would make the model look better or worse than it is.
{%- set performance, calibration = ref('fct_model_performance'), ref('fct_model_calibration') -%}
{%- set places = {
    'months': [performance, "period_kind = 'month'"],
    'time in force': [performance, "period_kind = 'in force'"],
    'bins': [calibration, 'true'],
} %}
with

predicted as (

    select count(*) as answers
    from {{ ref('int_answer_predictions') }} as predictions
    inner join {{ ref('int_earlier_ratings') }} as ratings on predictions.response_id = ratings.response_id

),

counted as (

    {% for place, (relation, condition) in places.items() %}
    select
        '{{ place }}' as place,
        coalesce(sum(case when model_version = 'all' then answers end), 0) as of_all_versions,
        coalesce(sum(case when model_version <> 'all' then answers end), 0) as of_each_version
    from {{ relation }}
    where {{ condition }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    counted.place,
    counted.of_all_versions,
    counted.of_each_version,
    predicted.answers
from counted
cross join predicted
where counted.of_all_versions <> predicted.answers or counted.of_each_version <> predicted.answers
