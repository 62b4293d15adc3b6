{{ config(post_hook="{{ delete_withdrawn_rows('customers') }}") }}

{{ received_rows('customers') }}
