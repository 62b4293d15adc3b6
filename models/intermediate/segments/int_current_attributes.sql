{%- set as_of = '(select as_of_date as score_date, known_before from ' ~ ref('int_as_of_date') ~ ')' -%}

{{ customer_attributes_at('(' ~ customer_moments(as_of) ~ ')', ['customer_id', 'as_of_at'], ['score_date']) }}
