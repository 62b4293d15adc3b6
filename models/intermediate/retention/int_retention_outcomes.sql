-- Money and complaints of the days followed, of whole windows alone: shorter ones hold less of both.
with

starts as (

    select * from {{ ref('int_retention_starts') }}
    where is_whole

),

windows as (

    select * from {{ ref('int_retention_windows') }}
    where is_whole

),

bills as (

    select * from {{ ref('stg_company__bills') }}

),

contacts as (

    select * from {{ ref('stg_company__contacts') }}
    where
        topic in (
            {% for topic in var('complaint_topics') %}
            '{{ topic | replace("'", "''") }}',
            {% endfor %}
            ''
        )

),

spent as (

    select
        windows.horizon_days,
        windows.windows_back,
        bills.customer_id,
        cast(sum(bills.amount_cents) as double) / 100e0 as spend
    from windows
    inner join bills
        on
            bills.issued_at >= {{ add_days('windows.score_date', 1) }}
            and bills.issued_at < {{ add_days('windows.end_date', 1) }}
    group by windows.horizon_days, windows.windows_back, bills.customer_id

),

complained as (

    select
        windows.horizon_days,
        windows.windows_back,
        contacts.customer_id,
        cast(count(*) as double) as complaints
    from windows
    inner join contacts
        on
            contacts.started_at >= {{ add_days('windows.score_date', 1) }}
            and contacts.started_at < {{ add_days('windows.end_date', 1) }}
    group by windows.horizon_days, windows.windows_back, contacts.customer_id

),

outcomes as (

    select
        starts.customer_id,
        starts.horizon_days,
        starts.score_fifth,
        coalesce(spent.spend, 0e0) as spend,
        coalesce(complained.complaints, 0e0) as complaints
    from starts
    left join spent
        on
            starts.customer_id = spent.customer_id
            and starts.horizon_days = spent.horizon_days
            and starts.windows_back = spent.windows_back
    left join complained
        on
            starts.customer_id = complained.customer_id
            and starts.horizon_days = complained.horizon_days
            and starts.windows_back = complained.windows_back

),

of_customers as (

    select
        customer_id,
        horizon_days,
        score_fifth,
        count(*) as starts,
        {{ exact_sum('spend') }} as spend,
        {{ exact_sum('complaints') }} as complaints
    from outcomes
    where score_fifth is not null
    group by customer_id, horizon_days, score_fifth

    union all

    select
        customer_id,
        horizon_days,
        cast(0 as bigint) as score_fifth,
        count(*) as starts,
        {{ exact_sum('spend') }} as spend,
        {{ exact_sum('complaints') }} as complaints
    from outcomes
    group by customer_id, horizon_days

),

means as (

    select
        horizon_days,
        score_fifth,
        count(*) as customers,
        cast(sum(starts) as bigint) as starts,
        {{ exact_sum('spend') }} / sum(starts) as spend,
        {{ exact_sum('complaints') }} / sum(starts) as complaints
    from of_customers
    group by horizon_days, score_fifth

),

-- By customers: several windows of one customer are not several customers.
squares as (

    select
        of_customers.horizon_days,
        of_customers.score_fifth,
        {{ exact_sum('pow(of_customers.spend - of_customers.starts * means.spend, 2)') }} as spend_squares,
        {{ exact_sum('pow(of_customers.complaints - of_customers.starts * means.complaints, 2)') }}
            as complaints_squares
    from of_customers
    inner join means
        on
            of_customers.horizon_days = means.horizon_days
            and of_customers.score_fifth = means.score_fifth
    group by of_customers.horizon_days, of_customers.score_fifth

),

summary as (

    select
        means.horizon_days,
        means.score_fifth,

        means.customers,
        means.starts,
        {% for name in ['spend', 'complaints'] %}
        means.{{ name }},
        case
            when means.customers > 1
                then sqrt(squares.{{ name }}_squares * means.customers / (means.customers - 1)) / means.starts
        end as {{ name }}_std_error
        {%- if not loop.last %},{% endif %}
        {% endfor %}
    from means
    inner join squares
        on means.horizon_days = squares.horizon_days and means.score_fifth = squares.score_fifth

)

select * from summary
