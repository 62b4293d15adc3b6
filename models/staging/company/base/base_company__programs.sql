{{ received_rows('programs') }}
