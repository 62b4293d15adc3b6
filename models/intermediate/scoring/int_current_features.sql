{%- set as_of = '(select as_of_date as score_date, known_before from ' ~ ref('int_as_of_date') ~ ')' -%}

{{ features_at(
    '(' ~ customer_moments(as_of) ~ ')', literal_day(ref('int_as_of_date'), 'min(as_of_date)'), name_regions=true
) }}
