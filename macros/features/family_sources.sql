{#- What tells of each family of features: the models of its activity, the contract tables behind it, and
    which of its rows tell something. Profile is a state, so that its age does not count. -#}
{% macro family_sources() %}
    {{ return([
        {'family': 'contact', 'activity': ['int_contact_activity'], 'tables': ['contacts']},
        {'family': 'billing', 'activity': ['int_bill_activity', 'int_payment_activity'],
            'tables': ['bills', 'payments']},
        {'family': 'interruption', 'activity': ['int_interruption_activity'], 'tables': ['interruptions']},
        {'family': 'engagement', 'activity': ['int_digital_activity'], 'tables': ['engagement_events']},
        {'family': 'profile', 'activity': ['int_profile_activity'], 'tables': ['customers'], 'is_state': true,
            'tells': 'coalesce(activity.customer_type, activity.plan, activity.preferred_channel) is not null'
            ~ ' or activity.annual_value is not null'},
        {'family': 'survey_history', 'activity': ['int_answer_activity'], 'tables': ['survey_responses']},
        {'family': 'signal', 'activity': ['int_signal_activity'], 'tables': ['customer_signals']},
    ]) }}
{% endmacro %}
