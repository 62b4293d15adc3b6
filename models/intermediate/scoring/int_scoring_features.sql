{{ scoring_features() }}
