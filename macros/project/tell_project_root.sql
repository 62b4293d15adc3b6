{#- Pre-hook of Python models: the folder of the project, which relative paths start at. -#}
{% macro tell_project_root() -%}
set variable csat_project_root = '{{ invocation_args_dict.get('project_dir') | replace("'", "''") }}'
{%- endmacro %}
