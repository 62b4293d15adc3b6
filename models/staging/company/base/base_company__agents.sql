{{ received_rows('agents') }}
