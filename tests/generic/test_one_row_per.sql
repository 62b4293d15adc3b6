{#- The grain of a model: the columns are never null and never twice the same. -#}
{% test one_row_per(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1 or {{ is_any_null(columns) }}
{% endtest %}
