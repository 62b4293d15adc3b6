-- depends_on: {{ ref('int_score_dates') }}
with

base_scores as (

    select * from {{ ref('int_base_scores') }}

),

history as (

    select * from {{ ref('int_customer_csat_history') }}

),

-- Days without a row are counted too: a run may have broken off between the history and this.
days as (

    select
        base_scores.score_date,
        {{ row_checksum(ref('int_base_scores'), 'base_scores') }} as checksum
    from base_scores
    {% if is_incremental() %}
    left join {{ this }} as counted on base_scores.score_date = counted.score_date
    where
        base_scores.score_date >= {{ first_due_day() }}
        or counted.score_date is null
    {% endif %}

),

checksums as (

    select
        days.score_date,
        count(*) as scored_rows,
        cast(sum({{ row_checksum(ref('int_customer_csat_history'), 'history') }}) as varchar)
        || '-' || cast(max(days.checksum) as varchar) as checksum
    from days
    inner join history on days.score_date = history.score_date
    group by days.score_date

)

select * from checksums
