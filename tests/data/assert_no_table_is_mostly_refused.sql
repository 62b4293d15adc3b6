-- A wrong date format refuses everything, and then readers would get empty marts over good ones.
-- `make check-data` says what is wrong.
select *
from {{ ref('source_row_counts') }}
where
    rows_rejected > {{ var('max_rejected_share') }} * rows_received
    or (source_table = 'customers' and rows_accepted = 0)
