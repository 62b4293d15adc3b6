{{ customer_attributes_at(
    ref('int_answers_to_place'), ['response_id', 'customer_id', 'as_of_at', 'known_before']
) }}
