// The demo's broker itself, behind the gateway: topics and events that its own feed does not have.
import { Kafka, logLevel } from "kafkajs";

/** `rest`: somebody who sees clusters. */
export async function broker(rest) {
  const { spec } = await rest("GET", "/clusters/demo");
  return new Kafka({ clientId: "browser-tests", brokers: spec.bootstrapServers, logLevel: logLevel.NOTHING });
}

/** A topic with events, each written as JSON. */
export async function topicWith(kafka, topic, events, partitions = 1) {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions: partitions, replicationFactor: 1 }] });
  } finally {
    await admin.disconnect();
  }
  const producer = kafka.producer();
  await producer.connect();
  try {
    await producer.send({ topic, messages: events.map((event) => ({ key: event.key, value: JSON.stringify(event.value) })) });
  } finally {
    await producer.disconnect();
  }
}
