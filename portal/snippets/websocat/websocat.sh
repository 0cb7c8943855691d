# Events of {{ topic }} for the application {{ application }}, as lines from a WebSocket.
#   {{ install }}
#   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if https %}
#   export SSL_CERT_FILE=ca.pem   (where a private authority signs)
{% endif %}
#   {{ run }}

: "${SLUICEGATE_SECRET:?set it to the secret of the credential}"

# The login comes from a file that only this user can read: arguments can be read by everybody on the machine.
umask 077
login=$(mktemp)
trap 'rm -f "$login"' EXIT
printf '%s:%s' '{{ user }}' "$SLUICEGATE_SECRET" > "$login"
websocat --text --no-close --unidirectional-reverse --protocol sluicegate.v1 --basic-auth-file "$login" \
  "$(printf '%s' '{{ url }}' | sed 's/^http/ws/')?from=earliest"
