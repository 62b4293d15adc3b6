{#- When the event of a row of each table was. -#}
{%- set times = {
    'contacts': 'started_at',
    'bills': 'issued_at',
    'payments': 'paid_at',
    'interruptions': 'started_at',
    'engagement_events': 'occurred_at',
    'customer_signals': 'occurred_at',
    'survey_invitations': 'sent_at',
    'survey_responses': 'responded_at',
} -%}
{%- set watched = times | join("', '") -%}

with

days_due as (

    select score_date from {{ ref('int_score_dates') }}
    {% if is_incremental() %}
    where is_due
    {% endif %}

),

sources as (

    select source_table from {{ ref('source_row_counts') }}
    where is_present and source_table in ('{{ watched }}')

),

rows_by_day as (

    {% for source_table, time in times.items() %}
    select
        '{{ source_table }}' as source_table,
        cast({{ time }} as date) as event_date,
        count(*) as event_rows
    from {{ ref('stg_company__' ~ source_table) }}
    {% if is_incremental() %}
    where {{ time }} >= {{ first_due_day() }}
    {% endif %}
    group by cast({{ time }} as date)
    {% if not loop.last %}union all{% endif %}

    {% endfor %}
),

source_days as (

    -- A day without rows is what is looked for, and so is a row here.
    select
        days_due.score_date,
        sources.source_table,
        coalesce(rows_by_day.event_rows, 0) as event_rows
    from days_due
    cross join sources
    left join rows_by_day
        on days_due.score_date = rows_by_day.event_date and sources.source_table = rows_by_day.source_table

)

select * from source_days
