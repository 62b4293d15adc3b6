{{ received_rows(
    'program_enrollments',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        }
    }
) }}
