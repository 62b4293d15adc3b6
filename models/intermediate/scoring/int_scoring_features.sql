{{ features_at(
    ref('int_scoring_moments'),
    earliest_moment(ref('int_score_dates'), 'min(case when is_due then score_date end)')
) }}
