{{ config(post_hook="{{ delete_withdrawn_rows('customer_attributes') }}") }}

{{ received_rows(
    'customer_attributes',
    references={
        'unknown_customer': {
            'relation': ref('stg_company__customers'), 'columns': ['customer_id']
        }
    }
) }}
