{{ received_rows(
    'survey_invitations',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        },
        'unknown_instrument': {
            'relation': ref('survey_instruments'), 'columns': ['instrument_id']
        }
    }
) }}
