-- depends_on: {{ ref('fct_customer_csat_current') }}
-- depends_on: {{ ref('fct_base_csat_daily') }}
-- depends_on: {{ ref('fct_segment_csat_daily') }}
-- depends_on: {{ ref('fct_segment_members') }}
-- depends_on: {{ ref('int_answer_predictions') }}
-- depends_on: {{ ref('alarm_episodes') }}
-- depends_on: {{ ref('int_score_checksums') }}
-- depends_on: {{ ref('int_recent_scores') }}
-- depends_on: {{ ref('int_recent_placements') }}
-- depends_on: {{ ref('int_answer_facts') }}
-- depends_on: {{ ref('int_customer_csat_by_version_before') }}
-- depends_on: {{ ref('int_segment_definitions') }}
-- depends_on: {{ ref('int_segment_drivers') }}
-- depends_on: {{ ref('int_segment_ledger') }}
-- depends_on: {{ ref('fct_feature_drift') }}
with

score_dates as (

    select * from {{ ref('int_score_dates') }}

),

completed as (

    select
        score_date,
        activity_checksum,
        known_before
    from score_dates
    where is_due

)

select * from completed
