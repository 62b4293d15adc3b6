select {{ all_columns_except(['has_loaded_at', 'is_first_version', 'superseded_at']) }}
from {{ ref('stg_company__survey_responses_versions') }}
where superseded_at is null
