"""aiokafka: the command contract of ../README.md."""

import asyncio
import ssl

import aiokafka
import aiokafka.abc
from contract import Progress, line, main, options, records, report


def connection(flags):
    given = options()
    config = {"bootstrap_servers": flags["bootstrap"], "client_id": flags.get("client-id", "suite"),
              "security_protocol": given.get("security", "PLAINTEXT")}
    names = {"mechanism": "sasl_mechanism", "username": "sasl_plain_username", "password": "sasl_plain_password"}
    config |= {names[key]: value for key, value in given.items() if key in names}
    if "token" in given:
        config["sasl_oauth_token_provider"] = Token(given["token"])
    if "ca" in given:
        context = ssl.create_default_context(cafile=given["ca"])
        if "certificate" in given:
            context.load_cert_chain(given["certificate"], given["key"])
        config["ssl_context"] = context
    return config


class Token(aiokafka.abc.AbstractTokenProvider):
    def __init__(self, given):
        self.given = given

    async def token(self):
        return self.given


class Listener(aiokafka.ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        line(assigned=sorted(part.partition for part in assigned))


async def consuming(flags):
    group = flags.get("group")
    progress = Progress(flags)
    consumer = aiokafka.AIOKafkaConsumer(
        **connection(flags), group_id=group, enable_auto_commit=False, check_crcs=True,
        auto_offset_reset=flags.get("from", "earliest"),
        isolation_level=flags.get("isolation", "read_uncommitted"),
        fetch_max_wait_ms=flags.number("max-wait", 500), fetch_min_bytes=flags.number("min-bytes", 1),
        max_partition_fetch_bytes=flags.number("max-bytes", 1048576))
    if group and "regex" in flags:
        consumer.subscribe(pattern=flags["regex"], listener=Listener())
    elif group:
        consumer.subscribe([flags["topic"]], listener=Listener())
    try:
        await asyncio.wait_for(consumer.start(), flags.number("timeout", 30))
    except Exception as error:
        report(error)
        await attempt(consumer.stop())
        return progress.end()
    if not group:
        await attempt(assign(consumer, flags))
    while progress.goes_on():
        try:
            batches = await consumer.getmany(timeout_ms=100)
        except Exception as error:
            report(error)
            await asyncio.sleep(0.1)
            continue
        for batch in batches.values():
            for got in batch:
                progress.took(got.partition, got.offset, got.timestamp, got.key, got.value, got.headers)
        if batches and flags.get("commit") == "each":
            await attempt(consumer.commit())
    if group and progress.count and flags.get("commit") != "no":
        await attempt(consumer.commit())
    await attempt(consumer.stop())
    progress.end()


async def assign(consumer, flags):
    topic = flags["topic"]
    await consumer._client.force_metadata_update()
    found = await consumer._client._wait_on_metadata(topic)
    parts = [aiokafka.TopicPartition(topic, p) for p in found]
    consumer.assign(parts)
    await (consumer.seek_to_beginning if flags.get("from", "earliest") == "earliest" else consumer.seek_to_end)(*parts)


async def attempt(what):
    try:
        await what
    except Exception as error:
        report(error)


async def producing(flags):
    acks = flags.get("acks", "all")
    codec = flags.get("codec", "none")
    transactional = flags.get("transactional")
    producer = aiokafka.AIOKafkaProducer(
        **connection(flags), acks="all" if transactional else acks if acks == "all" else int(acks),
        compression_type=None if codec == "none" else codec, linger_ms=20,
        enable_idempotence=flags.get("idempotent") == "yes" or transactional is not None,
        transactional_id=transactional, request_timeout_ms=10000)
    sent = []

    async def send():
        await producer.start()
        if transactional:
            await producer.begin_transaction()
        futures = []
        for n, key, value, headers, timestamp in records(flags):
            futures.append((n, await producer.send(flags["topic"], value=value, key=key, headers=headers,
                                                   partition=0, timestamp_ms=timestamp)))
            await asyncio.sleep(flags.number("pause", 0) / 1000)
        await producer.flush()
        for n, future in futures:
            try:
                ack = await asyncio.wait_for(future, 10)
                sent.append(n)
                line(sent={"n": n, "partition": 0, "offset": ack.offset if ack and acks != "0" else -1})
            except Exception as error:
                report(error)
        if transactional:
            await (producer.abort_transaction if flags.get("end") == "abort" else producer.commit_transaction)()
    await attempt(asyncio.wait_for(send(), flags.number("timeout", 30)))
    await attempt(producer.stop())
    line(end={"count": len(sent)})


main(aiokafka.__version__, lambda flags: asyncio.run(consuming(flags)), lambda flags: asyncio.run(producing(flags)))
