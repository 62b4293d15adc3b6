-- Only what segments are defined by: the others would be computed for nothing.
-- depends_on: {{ ref('segment_definitions') }}
-- depends_on: {{ ref('feature_definitions') }}
{{ scoring_features(only=features_of_segments()) }}
