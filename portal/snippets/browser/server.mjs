// A page that follows {{ topic }}, and the server behind it. The application's secret stays here; the page gets tickets,
// which are short-lived and good for this page only.
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if https %}
//   export NODE_EXTRA_CA_CERTS=ca.pem   (where a private authority signs)
{% endif %}
//   {{ run }}
// Then open the address that it says. The endpoint's owner lists that origin in `allowedOrigins`.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

const url = "{{ url }}"
const endpoint = "{{ topic }}"
const port = Number(process.env.PORT ?? 3000)
const origin = `http://localhost:${port}`
const files = { '/': ['index.html', 'text/html'], '/sluicegate.js': ['sluicegate.js', 'text/javascript'] }

// A server with users of its own asks first whether this one may read the endpoint.
async function ticket () {
  const answer = await fetch(url.replace(/\/endpoints\/.*$/, '/tickets'), {
    method: 'POST',
    headers: { authorization: `Bearer ${process.env.SLUICEGATE_SECRET}`, 'content-type': 'application/json' },
    body: JSON.stringify({ endpoints: [endpoint], origin })
  })
  const told = await answer.json()
  if (!answer.ok) throw new Error(told.detail)
  return { url, ticket: told.ticket }
}

createServer(async (request, response) => {
  const say = (status, type, body) => response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(body)
  try {
    // Another name for this machine, in another page's hands, gets nothing.
    if (request.headers.host !== `localhost:${port}`) return say(421, 'text/plain', 'Another host.')
    if (request.method === 'POST' && request.url === '/ticket') {
      return say(200, 'application/json', JSON.stringify(await ticket()))
    }
    const [file, type] = files[request.url] ?? []
    if (!file) return say(404, 'text/plain', 'Nothing here.')
    say(200, type, await readFile(new URL(file, import.meta.url)))
  } catch (error) {
    say(502, 'application/json', JSON.stringify({ detail: error.cause?.message ?? error.message }))
  }
}).listen(port, 'localhost', () => console.log(`${origin}/`))
