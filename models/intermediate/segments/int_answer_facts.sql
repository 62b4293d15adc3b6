-- Kept as int_answer_segments is: an answer that is placed again is told again.
select * from {{ ref('answer_facts') }}
