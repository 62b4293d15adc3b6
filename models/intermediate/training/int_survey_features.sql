{{ features_at(
    ref('int_survey_moments'), literal_day(ref('int_survey_moments'), 'cast(min(as_of_at) as date)'),
    keys=['customer_id', 'as_of_at', 'known_before']
) }}
