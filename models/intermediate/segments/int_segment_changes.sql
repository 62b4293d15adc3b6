-- Only what differs from what was known before the days of this run: from the day before where it is known by
-- the same definitions, otherwise from all that is known.
{% set has_day_before = is_compared(ref('segment_changes')) -%}

with

changes as (

    select * from {{ ref('segment_changes') }}

),

{% if not has_day_before %}
before_run as (

    {% if is_incremental() %}
    select
        customer_id,
        segment_id,
        max_by(coalesce(segment_value, ''), from_date) as segment_value
    from {{ this }}
    where from_date < {{ first_due_day() }}
    group by customer_id, segment_id
    {% else %}
    select
        cast(null as varchar) as customer_id,
        cast(null as varchar) as segment_id,
        cast(null as varchar) as segment_value
    where false
    {% endif %}

),

first_changes as (

    select
        *,
        row_number() over (partition by customer_id, segment_id order by from_date) as place
    from changes

),

news as (

    select
        first_changes.customer_id,
        first_changes.segment_id,
        first_changes.segment_value,
        first_changes.from_date
    from first_changes
    left join before_run
        on
            first_changes.customer_id = before_run.customer_id
            and first_changes.segment_id = before_run.segment_id
    where
        first_changes.place > 1
        or (
            first_changes.segment_value is not null
            and (
                first_changes.segment_value <> coalesce(before_run.segment_value, '')
                -- Who comes back has been taken for gone on the first of these days.
                or first_changes.from_date > {{ first_due_day() }}
            )
        )

),

gone as (

    -- Who is in no segment on the first of these days, and was in one before.
    select
        before_run.customer_id,
        before_run.segment_id,
        cast(null as varchar) as segment_value,
        {{ first_due_day() }} as from_date
    from before_run
    left join first_changes
        on
            before_run.customer_id = first_changes.customer_id
            and before_run.segment_id = first_changes.segment_id
            and first_changes.from_date = {{ first_due_day() }}
    where
        first_changes.customer_id is null
        and before_run.segment_value <> ''
        -- Without a day due nothing has changed.
        and exists (select 1 from changes)

),

{% endif %}

segment_changes as (

    {% if has_day_before %}
    select
        customer_id,
        segment_id,
        segment_value,
        from_date
    from changes
    {% else %}
    select * from news
    union all
    select * from gone
    {% endif %}

)

select * from segment_changes
