// What the Node programs share of the command contract (../README.md): flags, options, lines. It
// knows no client library.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export { sleep }

export const flags = {}
for (let i = 3; i + 1 < process.argv.length; i += 2) flags[process.argv[i].slice(2)] = process.argv[i + 1]

export const number = (name, otherwise) => Number(flags[name] ?? otherwise)

export function options () {
  const path = process.env.CLIENT_OPTIONS
  if (!path) return {}
  const lines = readFileSync(path, 'utf8').split('\n').filter(line => line.includes('='))
  return Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]))
}

export function tls (given) {
  if (!given.security?.endsWith('SSL')) return undefined
  const read = name => given[name] && readFileSync(given[name], 'utf8')
  return { ca: [read('ca')], cert: read('certificate'), key: read('key') }
}

export const line = object => process.stdout.write(JSON.stringify(object) + '\n')

export function report (error) {
  const causes = (error.errors ?? []).map(cause => cause.message)
  line({ error: [`${error.name}: ${error.message}`, ...causes].join('; ') })
}

const hex = bytes => (bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString('hex'))

export const progress = { count: 0, last: Date.now() }

export function took ({ partition, offset, timestamp, key, value, headers }) {
  progress.count++
  progress.last = Date.now()
  const sha = value === null || value === undefined ? null : createHash('sha256').update(value).digest('hex')
  const pairs = headers.map(([name, bytes]) => [name, hex(bytes)])
  line({ record: { partition, offset: Number(offset), timestamp: Number(timestamp), key: hex(key), value: sha, headers: pairs } })
}

const deadline = Date.now() + number('timeout', 30) * 1000

/** Waits until enough was seen or the time is over. */
export async function untilEnough () {
  const settled = () => progress.count >= number('count', 1) && Date.now() - progress.last > number('settle', 500)
  while (Date.now() < deadline && !settled()) await sleep(20)
}

/** Ends a wait for a promise at the deadline: some libraries try for ever. */
export const bounded = promise =>
  Promise.race([promise, sleep(Math.max(1, deadline - Date.now())).then(() => {
    throw new Error('not within the timeout')
  })])

export function * records () {
  const first = number('first', 0)
  for (let n = first; n < first + number('count', 1); n++) {
    const head = `{"n":${n},"secret":"s-${n}","text":"`
    const value = head + 'x'.repeat(Math.max(0, number('size', 0) - head.length - 2)) + '"}'
    yield { n, key: `key-${n}`, value, header: String(n), timestamp: 1700000000000 + n }
  }
}

/** What a library throws where nobody can catch it is shown to the application too. */
process.on('uncaughtException', report)
process.on('unhandledRejection', report)

export async function main (version, consume, produce) {
  const verb = process.argv[2]
  if (verb === 'version') line({ version })
  else if (verb === 'consume') await consume()
  else if (verb === 'produce') await produce()
  else throw new Error(`what is ${verb}?`)
  process.exit(0)
}

export function unsupported (why) {
  line({ unsupported: why })
  process.exit(0)
}
