{{ features_at(
    ref('int_scoring_moments'),
    first_due_day()
) }}
