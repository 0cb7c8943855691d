"""kafka-python: the command contract of ../README.md."""

import time

import kafka
from kafka.net.sasl.oauth import AbstractTokenProvider
from contract import Progress, line, main, options, records, report


def connection(flags):
    given = options()
    config = {"bootstrap_servers": flags["bootstrap"], "client_id": flags.get("client-id", "suite"),
              "security_protocol": given.get("security", "PLAINTEXT"), "request_timeout_ms": 20000}
    names = {"mechanism": "sasl_mechanism", "username": "sasl_plain_username", "password": "sasl_plain_password",
             "ca": "ssl_cafile", "certificate": "ssl_certfile", "key": "ssl_keyfile"}
    if "token" in given:
        config["sasl_oauth_token_provider"] = Token(given["token"])
    return config | {names[key]: value for key, value in given.items() if key in names}


class Token(AbstractTokenProvider):
    def __init__(self, given):
        super().__init__()
        self.given = given

    def token(self):
        return self.given


class Listener(kafka.ConsumerRebalanceListener):
    def on_partitions_revoked(self, revoked):
        pass

    def on_partitions_assigned(self, assigned):
        line(assigned=sorted(part.partition for part in assigned))


def consume(flags):
    group = flags.get("group")
    progress = Progress(flags)
    try:
        consumer = kafka.KafkaConsumer(
            **connection(flags), group_id=group, enable_auto_commit=False,
            auto_offset_reset=flags.get("from", "earliest"), check_crcs=True,
            isolation_level=flags.get("isolation", "read_uncommitted"),
            fetch_max_wait_ms=flags.number("max-wait", 500), fetch_min_bytes=flags.number("min-bytes", 1),
            max_partition_fetch_bytes=flags.number("max-bytes", 1048576))
    except Exception as error:
        report(error)
        return progress.end()
    attempt(lambda: start(consumer, flags))
    while progress.goes_on():
        try:
            batches = consumer.poll(timeout_ms=100)
        except Exception as error:
            report(error)
            time.sleep(0.1)
            continue
        for batch in batches.values():
            for got in batch:
                progress.took(got.partition, got.offset, got.timestamp, got.key, got.value, got.headers)
        if batches and flags.get("commit") == "each":
            attempt(consumer.commit)
    if group and progress.count and flags.get("commit") != "no":
        attempt(consumer.commit)
    attempt(consumer.close)
    progress.end()


def start(consumer, flags):
    if flags.get("group"):
        if "regex" in flags:
            consumer.subscribe(pattern=flags["regex"], listener=Listener())
        else:
            consumer.subscribe([flags["topic"]], listener=Listener())
        return
    found = consumer.partitions_for_topic(flags["topic"])
    if not found:
        raise LookupError(f"no partitions of {flags['topic']}")
    parts = [kafka.TopicPartition(flags["topic"], p) for p in found]
    consumer.assign(parts)
    (consumer.seek_to_beginning if flags.get("from", "earliest") == "earliest" else consumer.seek_to_end)(*parts)


def attempt(what):
    try:
        what()
    except Exception as error:
        report(error)


def produce(flags):
    acks = flags.get("acks", "all")
    codec = flags.get("codec", "none")
    transactional = flags.get("transactional")
    idempotent = flags.get("idempotent") == "yes" or transactional is not None
    sent = []

    def send():
        producer = kafka.KafkaProducer(
            **connection(flags), acks="all" if transactional else acks if acks == "all" else int(acks),
            compression_type=None if codec == "none" else codec, linger_ms=20,
            enable_idempotence=idempotent, transactional_id=transactional,
            delivery_timeout_ms=30000)
        if transactional:
            producer.init_transactions()
            producer.begin_transaction()
        futures = []
        for n, key, value, headers, timestamp in records(flags):
            futures.append((n, producer.send(flags["topic"], value=value, key=key, headers=headers, partition=0,
                                             timestamp_ms=timestamp)))
            time.sleep(flags.number("pause", 0) / 1000)
        producer.flush(timeout=flags.number("timeout", 30))
        for n, future in futures:
            try:
                ack = future.get(timeout=10)
                sent.append(n)
                line(sent={"n": n, "partition": ack.partition, "offset": ack.offset if acks != "0" else -1})
            except Exception as error:
                report(error)
        if transactional:
            (producer.abort_transaction if flags.get("end") == "abort" else producer.commit_transaction)()
        producer.close(timeout=5)
    attempt(send)
    line(end={"count": len(sent)})


main(kafka.__version__, consume, produce)
