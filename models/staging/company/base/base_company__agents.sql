{{ config(post_hook="{{ delete_withdrawn_rows('agents') }}") }}

{{ received_rows('agents') }}
