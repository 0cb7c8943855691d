#!/usr/bin/env bash
{% if consume %}
# Reads {{ topic }} as the application {{ application }}, in the group {{ group }}: one value a line.
{% else %}
# Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
#   {{ install }}
#   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
#   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
#   {{ run }}

: "${SLUICEGATE_SECRET:?set it to the secret of the credential}"

# The settings go through a pipe: arguments can be read by everybody on the machine.
settings() {
  printf '%s\n' \
    'bootstrap.servers={{ bootstrap }}' \
    'security.protocol={{ security }}' \
    'sasl.mechanism=SCRAM-SHA-256' \
    'sasl.username={{ user }}' \
{% if consume %}
    "sasl.password=$SLUICEGATE_SECRET" \
    'auto.offset.reset=earliest'
{% else %}
    "sasl.password=$SLUICEGATE_SECRET"
{% endif %}
{% if tls %}
  [ -z "${SLUICEGATE_CA:-}" ] || printf 'ssl.ca.location=%s\n' "$SLUICEGATE_CA"
{% endif %}
}

{% if consume %}
kcat -F <(settings) -u -G '{{ group }}' '{{ topic }}'
{% else %}
kcat -F <(settings) -P -t '{{ topic }}'
{% endif %}
