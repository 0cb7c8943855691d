# Events of {{ topic }} for the application {{ application }}, as Server-Sent Events. Standard library only;
# sluicegate.py beside this file connects again by itself, where it was.
#   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if https %}
#   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
#   {{ run }}

import os
{% if https %}
import ssl
{% endif %}

import sluicegate

url = "{{ url }}"
{% if https %}
context = ssl.create_default_context(cafile=os.environ.get("SLUICEGATE_CA"))
{% else %}
context = None
{% endif %}
secret = os.environ["SLUICEGATE_SECRET"]
for event in sluicegate.follow(url, secret=secret, start="earliest", context=context):
    record = event.json()
    print(f"{record['partition']}/{record['offset']} {record['value']}", flush=True)
