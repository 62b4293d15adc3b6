select {{ all_columns_except(['superseded_at']) }}
from {{ ref('stg_company__payments_versions') }}
where superseded_at is null
