{#- How to get in touch with a customer, in the imperative, by the channel that the customer prefers. -#}
{% macro contact_by(channel) -%}
    case
        when {{ channel }} is null then 'Contact'
        when {{ channel }} = 'phone' then 'Call'
        when {{ channel }} = 'branch' then 'Invite to the branch'
        when {{ channel }} = 'web' then 'Contact on the web'
        when {{ channel }} = 'social' then 'Contact on social media'
        else 'Contact by ' || {{ channel }}
    end
{%- endmacro %}


{#- How likely an intervention helps, in words with the probability beside them. -#}
{% macro helps_in_words(probability) -%}
    case
        when {{ probability }} >= 0.95e0 then 'Very likely to help'
        when {{ probability }} >= 0.75e0 then 'Likely to help'
        when {{ probability }} > 0.5e0 then 'More likely to help than not'
        when {{ probability }} = 0.5e0 then 'As likely to help as not'
        else 'Less likely to help than not'
    end
    || ' ('
    || case
        when {{ probability }} > 0.99e0 then 'more than 99'
        else cast(cast(round(100e0 * {{ probability }}, 0) as integer) as varchar)
    end
    || ' %)'
{%- endmacro %}
