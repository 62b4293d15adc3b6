{{ config(post_hook="{{ delete_withdrawn_rows('program_enrollments') }}") }}

{{ received_rows(
    'program_enrollments',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        }
    }
) }}
