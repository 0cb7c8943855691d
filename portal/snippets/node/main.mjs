{% if consume %}
// Reads {{ topic }} as the application {{ application }}, in the group {{ group }}.
{% else %}
// Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
// Needs Node.js 22.22 or newer.
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
//   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
//   {{ run }}

{% if tls %}
import { readFileSync } from 'node:fs'
{% endif %}
{% if consume %}
import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes } from '@platformatic/kafka'
{% else %}
import { createInterface } from 'node:readline'
import { ProduceAcks, Producer } from '@platformatic/kafka'
{% endif %}

{% if tls %}
const authority = process.env.SLUICEGATE_CA
{% endif %}
const connection = {
  clientId: "{{ application }}",
  bootstrapBrokers: ["{{ bootstrap }}"],
{% if tls %}
  tls: authority ? { ca: [readFileSync(authority)] } : {},
{% endif %}
  sasl: { mechanism: 'SCRAM-SHA-256', username: "{{ user }}", password: process.env.SLUICEGATE_SECRET }
}

{% if consume %}
const consumer = new Consumer({ ...connection, groupId: "{{ group }}", autocommit: true })
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => consumer.close(true).then(() => process.exit()))
}
const stream = await consumer.consume({
  topics: ["{{ topic }}"],
  mode: MessagesStreamModes.COMMITTED,
  fallbackMode: MessagesStreamFallbackModes.EARLIEST
})
for await (const message of stream) {
  console.log(`${message.partition}/${message.offset} ${message.value}`)
}
{% else %}
const producer = new Producer({ ...connection, autocreateTopics: false })
for await (const line of createInterface({ input: process.stdin })) {
  const message = { topic: "{{ topic }}", value: Buffer.from(line) }
  const { offsets } = await producer.send({ messages: [message], acks: ProduceAcks.ALL })
  console.log(`written at ${offsets[0].partition}/${offsets[0].offset}`)
}
await producer.close()
{% endif %}
