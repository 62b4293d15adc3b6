{#- Of the rows of a key that break no rule exactly one is accepted, and no two versions of a key are
    known from the same moment. -#}
{% test one_accepted_row_per_key(model) %}
select record_key
from {{ model }}
where rejection_rule is null and {{ of_untested_keys(model.identifier) }}
group by record_key
having
    count(*) filter (where superseded_at is null) <> 1
    or count(*) filter (where superseded_at is null or superseded_at > loaded_at)
    <> count(distinct case when superseded_at is null or superseded_at > loaded_at then loaded_at end)
{% endtest %}
