// kafkajs: the command contract of ../README.md.

import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'
import { bounded, flags, line, main, number, options, progress, records, report, sleep, tls, took, unsupported, untilEnough } from './contract.mjs'

const version = createRequire(import.meta.url)('kafkajs/package.json').version

function connection () {
  const given = options()
  const mechanism = given.mechanism?.toLowerCase()
  const sasl = mechanism && (mechanism === 'oauthbearer'
    ? { mechanism, oauthBearerProvider: async () => ({ value: given.token }) }
    : { mechanism, username: given.username, password: given.password })
  return new kafkajs.Kafka({
    clientId: flags['client-id'] ?? 'suite', brokers: [flags.bootstrap], ssl: tls(given), sasl, logLevel: kafkajs.logLevel.NOTHING
  })
}

async function consume () {
  if (!flags.group) unsupported('no assignment outside a group')
  const consumer = connection().consumer({
    groupId: flags.group, readUncommitted: flags.isolation === 'read_uncommitted', maxWaitTimeInMs: number('max-wait', 500),
    minBytes: number('min-bytes', 1), maxBytesPerPartition: number('max-bytes', 1048576), allowAutoTopicCreation: false
  })
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    line({ assigned: Object.values(payload.memberAssignment).flat().sort((a, b) => a - b) })
  })
  consumer.on(consumer.events.CRASH, ({ payload }) => report(payload.error))
  try {
    await bounded(consumer.connect())
    const topic = flags.regex ? new RegExp(flags.regex) : flags.topic
    await bounded(consumer.subscribe({ topics: [topic], fromBeginning: flags.from !== 'latest' }))
    await bounded(consumer.run({ autoCommit: false, eachBatch: batch => each(consumer, batch) }))
    await untilEnough()
    if (flags.commit !== 'no') await commit(consumer)
  } catch (error) {
    report(error)
  }
  await Promise.race([consumer.disconnect(), sleep(5000)]).catch(report)
  line({ end: { count: progress.count } })
}

const positions = new Map()

async function each (consumer, { batch, resolveOffset, heartbeat }) {
  for (const message of batch.messages) {
    const headers = Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
      [values].flat().map(value => [name, value]))
    took({ partition: batch.partition, ...message, headers })
    resolveOffset(message.offset)
    positions.set(`${batch.topic} ${batch.partition}`, { topic: batch.topic, partition: batch.partition, offset: String(BigInt(message.offset) + 1n) })
  }
  if (flags.commit === 'each') await commit(consumer)
  await heartbeat()
}

async function commit (consumer) {
  if (positions.size > 0) await consumer.commitOffsets([...positions.values()])
}

async function produce () {
  const codecs = { none: 0, gzip: 1 }
  if (!((flags.codec ?? 'none') in codecs)) unsupported('its only codec is gzip')
  const transactional = flags.transactional
  const idempotent = flags.idempotent === 'yes' || transactional !== undefined
  const producer = connection().producer({
    idempotent, transactionalId: transactional, maxInFlightRequests: idempotent ? 1 : undefined, allowAutoTopicCreation: false
  })
  let sent = 0
  try {
    await bounded(producer.connect())
    const sender = transactional ? await bounded(producer.transaction()) : producer
    const all = [...records()]
    const parts = number('pause', 0) > 0 ? all.map(record => [record]) : [all]
    for (const part of parts) {
      const acks = { all: -1 }[flags.acks ?? 'all'] ?? Number(flags.acks)
      const messages = part.map(({ key, value, header, timestamp }) =>
        ({ key, value, partition: 0, headers: { n: header }, timestamp: String(timestamp) }))
      const answer = await bounded(sender.send({ topic: flags.topic, acks, compression: codecs[flags.codec ?? 'none'], messages }))
      const base = Number(answer?.[0]?.baseOffset ?? -1)
      part.forEach(({ n }, at) => line({ sent: { n, partition: 0, offset: base < 0 ? -1 : base + at } }))
      sent += part.length
      await sleep(number('pause', 0))
    }
    if (transactional) await bounded(flags.end === 'abort' ? sender.abort() : sender.commit())
  } catch (error) {
    report(error)
  }
  await Promise.race([producer.disconnect(), sleep(5000)]).catch(report)
  line({ end: { count: sent } })
}

await main(version, consume, produce)
