-- Satisfaction answers about a contact of the window, whether or not it is known who handled it.
with

records as (

    select * from {{ ref('int_survey_records') }}
    where record_kind = 'answer' and metric = 'csat'

),

contacts as (

    select * from {{ ref('int_contact_load') }}

),

scores as (

    select * from {{ ref('int_customer_csat_scores') }}

),

answers as (

    select
        records.record_id as response_id,
        records.customer_id,
        records.contact_id,
        records.instrument_id,

        records.channel,

        -- Of the day before: the score of the day itself knows the contact.
        scores.csat_score as csat_score_before,

        records.is_favourable as is_satisfied,

        records.sent_at
    from records
    inner join contacts on records.contact_id = contacts.contact_id
    left join scores
        on
            records.customer_id = scores.customer_id
            and {{ add_days('cast(contacts.started_at as date)', -1) }} = scores.score_date

)

select * from answers
