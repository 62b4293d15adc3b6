-- An accepted answer that no rating stands for would drop out of every figure without a trace.
select responses.response_id
from {{ ref('stg_company__survey_responses_versions') }} as responses
cross join {{ ref('int_as_of_date') }} as as_of
left join {{ ref('int_survey_ratings') }} as ratings on responses.response_id = ratings.response_id
where
    ratings.response_id is null
    and responses.responded_at < as_of.as_of_date + interval 1 day
    and {{ known_before_as_of('responses') }}
