{% if consume %}
# Reads {{ topic }} as the application {{ application }}, in the group {{ group }}.
{% else %}
# Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
#   {{ install }}
#   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
#   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
#   {{ run }}

import os
import sys

from confluent_kafka import {{ "Consumer" if consume else "Producer" }}

settings = {
    "bootstrap.servers": "{{ bootstrap }}",
    "security.protocol": "{{ security }}",
    "sasl.mechanism": "SCRAM-SHA-256",
    "sasl.username": "{{ user }}",
    "sasl.password": os.environ["SLUICEGATE_SECRET"],
}
{% if tls %}
if "SLUICEGATE_CA" in os.environ:
    settings["ssl.ca.location"] = os.environ["SLUICEGATE_CA"]
{% endif %}

{% if consume %}
consumer = Consumer({**settings, "group.id": "{{ group }}", "auto.offset.reset": "earliest"})
consumer.subscribe(["{{ topic }}"])
try:
    while True:
        message = consumer.poll(1.0)
        if message is None:
            continue
        if message.error():
            print(message.error(), file=sys.stderr)
            continue
        value = message.value()
        shown = None if value is None else value.decode(errors="replace")
        print(f"{message.partition()}/{message.offset()} {shown}", flush=True)
except KeyboardInterrupt:
    pass
finally:
    consumer.close()
{% else %}
failures = []


def delivered(error, message):
    if error:
        failures.append(error)
        print(error, file=sys.stderr)
    else:
        print(f"written at {message.partition()}/{message.offset()}", flush=True)


producer = Producer(settings)
for line in sys.stdin:
    producer.produce("{{ topic }}", line.rstrip("\n"), on_delivery=delivered)
    producer.poll(0)
left = producer.flush(30)
sys.exit(1 if failures or left else 0)
{% endif %}
