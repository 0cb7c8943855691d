// Events of {{ topic }} for the application {{ application }}, on a WebSocket with acknowledgements. It connects again by
// itself, where it was.
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if https %}
//   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
//   {{ run }}

{% if https %}
import { readFileSync } from 'node:fs'
{% endif %}
import WebSocket from 'ws'

const url = "{{ url }}".replace(/^http/, 'ws')
const options = { headers: { authorization: `Bearer ${process.env.SLUICEGATE_SECRET}` } }
{% if https %}
const authority = process.env.SLUICEGATE_CA
if (authority) options.ca = readFileSync(authority)
{% endif %}

let from = 'earliest'
function connect () {
  const socket = new WebSocket(`${url}?from=${from}&window=100`, 'sluicegate.v1', options)
  let done = 0
  socket.on('message', data => {
    const message = JSON.parse(data)
    if (message.cursor) {
      from = message.cursor
    } else if (message.error) {
      console.error(message.error.detail)
    } else {
      console.log(`${message.partition}/${message.offset} ${JSON.stringify(message.value)}`)
      socket.send(JSON.stringify({ ack: ++done }))
    }
  })
  // The answer to a refused request says why: `curl` the same address with `http` to read it.
  socket.on('error', error => console.error(error.message))
  socket.on('close', () => setTimeout(connect, 1000 + 4000 * Math.random()))
}
connect()
