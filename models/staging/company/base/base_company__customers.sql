{{ received_rows('customers') }}
