# Events of {{ topic }} for the application {{ application }}, as Server-Sent Events.
#   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if https %}
#   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
#   {{ run }}

: "${SLUICEGATE_SECRET:?set it to the secret of the credential}"

# The header comes from standard input: arguments can be read by everybody on the machine.
{% if https %}
curl -sS -N --fail-with-body ${SLUICEGATE_CA:+--cacert "$SLUICEGATE_CA"} -H @- \
{% else %}
curl -sS -N --fail-with-body -H @- \
{% endif %}
  '{{ url }}?from=earliest' <<END
Authorization: Bearer $SLUICEGATE_SECRET
END
