{#- The grain of a model: the columns are never null and never twice the same.

    rows_of  contract tables that the model's rows are made of, if loaded_at is one of the columns: a
             build then looks at what was loaded since the oldest row that it has not tested -#}
{% test one_row_per(model, columns, rows_of=none) %}
select {{ columns | join(', ') }}
from {{ model }}
where {{ loaded_with_untested(rows_of) }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ is_any_null(columns) }}
{% endtest %}
