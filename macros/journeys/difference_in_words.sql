{#- What an interval of a difference says, as a sentence without its subject: no claim beyond the interval.

    estimate, lower, upper  SQL of the difference and its interval, in points; null where nothing is said
    std_error               SQL of its standard error
    reason                  SQL of why nothing is said -#}
{% macro difference_in_words(estimate, lower, upper, std_error, reason) -%}
    case
        when {{ estimate }} is null then 'cannot be told. ' || {{ reason }}
        when {{ upper }} < 0 then
            'less satisfied by ' || {{ one_decimal('-' ~ estimate) }} || ' points (' || {{ one_decimal('-' ~ upper) }}
            || ' to ' || {{ one_decimal('-' ~ lower) }} || '). An association.'
        when {{ lower }} > 0 then
            'more satisfied by ' || {{ one_decimal(estimate) }} || ' points (' || {{ one_decimal(lower) }}
            || ' to ' || {{ one_decimal(upper) }} || '). An association.'
        else
            'cannot be told. A difference of less than ' || {{ whole_number('2.8e0 * ' ~ std_error) }}
            || ' points would hardly show.'
    end
{%- endmacro %}
