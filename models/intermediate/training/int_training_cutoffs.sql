{%- set versions = existing_relation('intermediate', 'csat_model_versions') -%}
{%- set completed = existing_relation('monitoring', 'completed_dates') -%}

-- Days at whose end a model is due to be trained, in force from the next day on: weekly while there are
-- too few answers for more than their share of satisfied, then on the day that first has enough.
with

score_dates as (

    select * from {{ ref('int_score_dates') }}

),

ratings as (

    select * from {{ ref('int_survey_ratings') }}

),

versions as (

    {% if versions is not none %}
    select * from {{ versions }}
    {% else %}
    select
        cast(null as varchar) as model_version,
        cast(null as date) as cutoff_date,
        cast(null as varchar) as registry_checksum,
        false as is_champion
    where false
    {% endif %}

),

completed_dates as (

    {% if completed is not none %}
    select max(score_date) as last_date
    from {{ completed }}
    {% else %}
    select cast(null as date) as last_date
    {% endif %}

),

newest as (

    select
        max(cutoff_date) as cutoff_date,
        max_by(registry_checksum, cutoff_date) as registry_checksum,
        max_by(model_version, cutoff_date) filter (where is_champion) as champion_version
    from versions

),

known_answers as (

    select
        cast(first_known_at as date) as known_date,
        count(*) as answers
    from ratings
    where metric = 'csat'
    group by known_date

),

running as (

    select
        known_date,
        sum(answers) over (order by known_date) as answers
    from known_answers

),

enough as (

    select min(known_date) as enough_date
    from running
    where answers >= {{ var('min_training_answers') }}

),

first_day as (

    select
        {{ add_days('min(score_date)', -1) }} as first_cutoff,
        {{ add_days('max(score_date)', -1) }} as last_cutoff,
        {{ add_days('min(case when is_due then score_date end)', -1) }} as first_due_cutoff
    from score_dates

),

days as (

    {{ days_from_to('first_day.first_cutoff', 'first_day.last_cutoff') }}
    from first_day

),

scheduled as (

    select days.score_date as cutoff_date
    from days
    cross join first_day
    cross join enough
    where
        days.score_date = first_day.first_cutoff
        or case
            when days.score_date >= enough.enough_date
                then
                    {{ days_between('enough.enough_date', 'days.score_date') }}
                    % {{ var('retrain_every_days') }} = 0
            else
                {{ days_between('first_day.first_cutoff', 'days.score_date') }}
                % {{ [7, var('retrain_every_days')] | min }} = 0
        end

),

changed_registry as (

    -- A version must not read features that are no longer there: the next one is in force from the first day
    -- on that has not been scored yet, and at the latest on the as-of date.
    select least(completed_dates.last_date, first_day.last_cutoff) as cutoff_date
    from first_day
    cross join completed_dates
    cross join newest
    where newest.registry_checksum <> '{{ registry_checksum() }}'

),

cutoffs as (

    select
        candidates.cutoff_date,
        cast({{ add_days('candidates.cutoff_date', 1) }} as timestamp) as known_before,
        {{ add_days('candidates.cutoff_date', 1 - var('evaluation_days')) }} as evaluation_from,
        {{ add_days('candidates.cutoff_date', 1 - var('training_days')) }} as training_from,
        newest.champion_version,
        '{{ registry_checksum() }}' as registry_checksum
    from (
        select cutoff_date from scheduled
        union distinct
        select cutoff_date from changed_registry
    ) as candidates
    cross join newest
    cross join first_day
    where
        newest.cutoff_date is null
        or (
            candidates.cutoff_date > newest.cutoff_date
            and candidates.cutoff_date >= first_day.first_due_cutoff
        )

)

select * from cutoffs
