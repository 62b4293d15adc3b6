{{ received_rows(
    'survey_responses',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        },
        'unknown_instrument': {
            'relation': ref('survey_instruments'), 'columns': ['instrument_id']
        },
        'answer_outside_scale': {
            'relation': ref('stg_survey_answers'), 'columns': ['instrument_id', 'answer']
        }
    }
) }}
