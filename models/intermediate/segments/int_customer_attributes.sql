{{ customer_attributes_at(ref('int_scoring_moments'), ['customer_id', 'as_of_at'], ['score_date']) }}
