{{ features_at(
    ref('int_survey_moments'), earliest_moment(ref('int_survey_moments'), 'cast(min(as_of_at) as date)'),
    keys=['customer_id', 'as_of_at', 'known_before']
) }}
