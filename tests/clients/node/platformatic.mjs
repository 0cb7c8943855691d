// @platformatic/kafka: the command contract of ../README.md.

import { readFileSync } from 'node:fs'
import { Consumer, MessagesStreamFallbackModes, MessagesStreamModes, ProduceAcks, Producer, FetchIsolationLevels } from '@platformatic/kafka'
import { bounded, flags, line, main, number, options, progress, records, report, sleep, tls, took, unsupported, untilEnough } from './contract.mjs'

const manifest = new URL('../package.json', import.meta.resolve('@platformatic/kafka'))
const version = JSON.parse(readFileSync(manifest)).version

function connection () {
  const given = options()
  const sasl = given.mechanism && {
    mechanism: given.mechanism, username: given.username, password: given.password, token: given.token
  }
  return {
    clientId: flags['client-id'] ?? 'suite', bootstrapBrokers: [flags.bootstrap], tls: tls(given), sasl, autocreateTopics: false,
    timeout: 20000
  }
}

async function consume () {
  if (!flags.group) unsupported('no assignment outside a group')
  if (flags.regex) unsupported('no subscription by pattern')
  const isolation = flags.isolation === 'read_committed' ? 'READ_COMMITTED' : 'READ_UNCOMMITTED'
  const consumer = new Consumer({
    ...connection(), groupId: flags.group, autocommit: false, isolationLevel: FetchIsolationLevels[isolation],
    maxWaitTime: number('max-wait', 500), minBytes: number('min-bytes', 1), maxBytes: number('max-bytes', 1048576)
  })
  consumer.on('consumer:group:join', ({ assignments }) => {
    line({ assigned: (assignments ?? []).flatMap(one => one.partitions).sort((a, b) => a - b) })
  })
  let stream
  try {
    const fallbackMode = flags.from === 'latest' ? MessagesStreamFallbackModes.LATEST : MessagesStreamFallbackModes.EARLIEST
    stream = await bounded(consumer.consume({ topics: [flags.topic], mode: MessagesStreamModes.COMMITTED, fallbackMode }))
    stream.on('error', report)
    stream.on('data', message => each(message))
    await untilEnough()
    if (flags.commit !== 'no') for (const message of last.values()) await bounded(message.commit())
  } catch (error) {
    report(error)
  }
  await Promise.race([stream?.close(), sleep(3000)]).catch(report)
  await Promise.race([consumer.close(true), sleep(3000)]).catch(report)
  line({ end: { count: progress.count } })
}

const last = new Map()

async function each (message) {
  // Its header map has buffers as keys: repeated names stay.
  took({ ...message, headers: [...message.headers.entries()].map(([name, value]) => [String(name), value]) })
  last.set(message.partition, message)
  if (flags.commit === 'each') await Promise.resolve(message.commit()).catch(report)
}

async function produce () {
  const codec = flags.codec ?? 'none'
  const transactional = flags.transactional
  const idempotent = flags.idempotent === 'yes' || transactional !== undefined
  const acks = { all: ProduceAcks.ALL, 1: ProduceAcks.LEADER, 0: ProduceAcks.NO_RESPONSE }[flags.acks ?? 'all']
  const producer = new Producer({ ...connection(), idempotent, transactionalId: transactional, acks })
  let sent = 0
  try {
    const sender = transactional ? await bounded(producer.beginTransaction()) : producer
    const all = [...records()]
    const parts = number('pause', 0) > 0 ? all.map(record => [record]) : [all]
    for (const part of parts) {
      const messages = part.map(({ key, value, header, timestamp }) => ({
        topic: flags.topic, partition: 0, key: Buffer.from(key), value: Buffer.from(value),
        headers: new Map([[Buffer.from('n'), Buffer.from(header)]]), timestamp: BigInt(timestamp)
      }))
      const answer = await bounded(sender.send({ messages, acks, idempotent, compression: codec }))
      const base = Number(answer.offsets?.[0]?.offset ?? -1)
      part.forEach(({ n }, at) => line({ sent: { n, partition: 0, offset: base < 0 ? -1 : base + at } }))
      sent += part.length
      await sleep(number('pause', 0))
    }
    if (transactional) await bounded(flags.end === 'abort' ? sender.abort() : sender.commit())
  } catch (error) {
    report(error)
  }
  await Promise.race([producer.close(), sleep(5000)]).catch(report)
  line({ end: { count: sent } })
}

await main(version, consume, produce)
