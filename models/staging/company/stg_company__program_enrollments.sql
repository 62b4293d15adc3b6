select {{ all_columns_except(['superseded_at']) }}
from {{ ref('stg_company__program_enrollments_versions') }}
where superseded_at is null
