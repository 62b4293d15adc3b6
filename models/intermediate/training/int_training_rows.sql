with

cutoffs as (

    select * from {{ ref('int_training_cutoffs') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

responses as (

    select
        *,
        {{ counts_as_loaded('responded_at') }} as counts_as_loaded_at
    from {{ ref('stg_company__survey_responses_versions') }}

),

possible_answers as (

    select * from {{ ref('stg_survey_answers') }}

),

customers as (

    select
        *,
        {{ counts_as_loaded('customer_since') }} as counts_as_loaded_at
    from {{ ref('stg_company__customers_versions') }}

),

known_answers as (

    -- What was answered in the version known at the cut-off, however often it has come since.

    select
        cutoffs.cutoff_date,
        case when ratings.sent_at >= cutoffs.evaluation_from then 'evaluation' else 'training' end as part,
        ratings.response_id as example_id,
        ratings.customer_id,
        ratings.instrument_id,
        ratings.survey_kind,
        possible_answers.is_favourable as is_satisfied,
        ratings.sent_at as as_of_at,
        cutoffs.known_before,
        cutoffs.evaluation_from
    from ratings
    inner join cutoffs
        on
            ratings.sent_at >= cutoffs.training_from
            and ratings.responded_at < cutoffs.known_before
    inner join responses
        on
            ratings.response_id = responses.response_id
            and cutoffs.known_before > responses.counts_as_loaded_at
            and cutoffs.known_before <= coalesce(responses.superseded_at, {{ end_of_time() }})
    inner join possible_answers
        on
            responses.instrument_id = possible_answers.instrument_id
            and responses.answer = possible_answers.answer
    where ratings.metric = 'csat'

),

drawn_answers as (

    -- By hash of the key, so that every run draws the same.
    select
        *,
        row_number() over (partition by cutoff_date, part order by md5(example_id), example_id) as place
    from known_answers

),

periods as (

    select
        cutoff_date,
        known_before,
        cast(min(as_of_at) as date) as first_date,
        cast(evaluation_from as date) as end_date,
        greatest(5000, least(count(*), {{ var('max_training_answers') }})) as population_rows
    from known_answers
    where part = 'training'
    group by cutoff_date, known_before, evaluation_from

),

drawn_customers as (

    -- The population: one day of the period for each of some customers, whether surveyed or not.
    select
        periods.cutoff_date,
        periods.known_before,
        periods.population_rows,
        customers.customer_id,
        customers.customer_since,
        customers.closed_at,
        {{ add_days('periods.first_date', 'floor(' ~ hash_share(
            "customers.customer_id || ' ' || cast(periods.cutoff_date as varchar)"
        ) ~ ' * ' ~ days_between('periods.first_date', 'periods.end_date') ~ ')') }} as drawn_date,
        row_number() over (
            partition by periods.cutoff_date order by md5(customers.customer_id), customers.customer_id
        ) as place
    from customers
    inner join periods
        on
            customers.counts_as_loaded_at < periods.known_before
            and coalesce(customers.superseded_at, {{ end_of_time() }}) >= periods.known_before

),

population as (

    select
        cutoff_date,
        'population' as part,
        customer_id as example_id,
        customer_id,
        cast({{ add_days('drawn_date', 1) }} as timestamp) as as_of_at,
        known_before
    from drawn_customers
    where
        place <= population_rows
        and customer_since <= drawn_date
        and coalesce(closed_at, {{ end_of_time() }}) >= {{ add_days('drawn_date', 1) }}

),

training_rows as (

    select
        cutoff_date,
        part,
        example_id,
        customer_id,
        instrument_id,
        survey_kind,
        is_satisfied,
        as_of_at,
        known_before
    from drawn_answers
    where place <= {{ var('max_training_answers') }}

    union all

    select
        cutoff_date,
        part,
        example_id,
        customer_id,
        null as instrument_id,
        null as survey_kind,
        null as is_satisfied,
        as_of_at,
        known_before
    from population

)

select * from training_rows
