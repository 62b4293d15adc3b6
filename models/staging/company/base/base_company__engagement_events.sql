{{ received_rows(
    'engagement_events',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        }
    }
) }}
