{#- No column is ever null.

    rows_of  contract tables that the model's rows are made of: a build then looks at what was loaded
             since the oldest row that it has not tested -#}
{% test never_null(model, columns, rows_of=none) %}
select {{ columns | join(', ') }}
from {{ model }}
where {{ loaded_with_untested(rows_of) }} and ({{ is_any_null(columns) }})
{% endtest %}
