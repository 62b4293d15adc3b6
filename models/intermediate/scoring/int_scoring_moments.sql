{{ customer_moments('(select * from ' ~ ref('int_score_dates') ~ ' where is_due)') }}
