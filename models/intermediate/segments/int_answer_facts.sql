-- Kept as int_answer_segments is: an answer that is placed again is told again. Columns are the company's.
select * from {{ ref('answer_facts') }} -- noqa: AM04
