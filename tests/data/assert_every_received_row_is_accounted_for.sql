-- Rows received are counted from the files themselves, the others from what staging made of them.
select *
from {{ ref('source_row_counts') }}
where rows_received <> rows_accepted + rows_superseded + rows_rejected
