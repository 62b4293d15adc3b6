{{ config(post_hook="{{ delete_withdrawn_rows('programs') }}") }}

{{ received_rows('programs') }}
