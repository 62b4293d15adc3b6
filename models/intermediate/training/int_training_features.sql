{{ features_at(ref('int_training_moments')) }}
