"""librdkafka through confluent-kafka: the command contract of ../README.md."""

import time

import confluent_kafka as ck
from contract import Progress, line, main, options, records, report


def connection(flags):
    given = options()
    config = {"bootstrap.servers": flags["bootstrap"], "client.id": flags.get("client-id", "suite"), "log_level": 0,
              "security.protocol": given.get("security", "PLAINTEXT"), "error_cb": failed}
    names = {"mechanism": "sasl.mechanism", "username": "sasl.username", "password": "sasl.password",
             "ca": "ssl.ca.location", "certificate": "ssl.certificate.location", "key": "ssl.key.location"}
    config.update({names[key]: value for key, value in given.items() if key in names})
    if "token" in given:
        config["oauth_cb"] = lambda _: (given["token"], time.time() + 3600)
    return config


def failed(error):
    # Lost connections are told here too; only what librdkafka cannot mend by itself is an application's error.
    if error.fatal() or error.code() in (ck.KafkaError._AUTHENTICATION, ck.KafkaError._MSG_TIMED_OUT):
        line(error=str(error))


def consume(flags):
    group = flags.get("group")
    consumer = ck.Consumer({
        **connection(flags), "group.id": group or "none", "enable.auto.commit": False,
        "auto.offset.reset": flags.get("from", "earliest"), "check.crcs": True,
        "isolation.level": flags.get("isolation", "read_committed"),
        "fetch.wait.max.ms": flags.number("max-wait", 500), "fetch.min.bytes": flags.number("min-bytes", 1),
        "fetch.message.max.bytes": flags.number("max-bytes", 1048576),
    })
    progress = Progress(flags)
    if group:
        topic = "^" + flags["regex"].lstrip("^") if "regex" in flags else flags["topic"]
        consumer.subscribe([topic], on_assign=lambda _, parts: line(assigned=sorted(p.partition for p in parts)))
    else:
        assign(consumer, flags)
    while progress.goes_on():
        message = consumer.poll(0.1)
        if message is None:
            continue
        if message.error():
            report(ck.KafkaException(message.error()))
            continue
        progress.took(message.partition(), message.offset(), message.timestamp()[1],
                      message.key(), message.value(), message.headers())
        if flags.get("commit") == "each":
            attempt(lambda: consumer.commit(message, asynchronous=False))
    if group and progress.count and flags.get("commit") not in ("no", "each"):
        attempt(lambda: consumer.commit(asynchronous=False))
    consumer.close()
    progress.end()


def assign(consumer, flags):
    start = ck.OFFSET_BEGINNING if flags.get("from", "earliest") == "earliest" else ck.OFFSET_END
    def told():
        metadata = consumer.list_topics(flags["topic"], timeout=flags.number("timeout", 30))
        topic = metadata.topics[flags["topic"]]
        if topic.error:
            raise ck.KafkaException(topic.error)
        consumer.assign([ck.TopicPartition(flags["topic"], p, start) for p in topic.partitions])
    attempt(told)


def attempt(what):
    try:
        what()
    except (ck.KafkaException, SystemError) as error:  # a fatal error inside of a callback is the second
        report(error.__cause__ or error)


def produce(flags):
    config = {**connection(flags), "acks": flags.get("acks", "all"), "compression.type": flags.get("codec", "none"),
              "enable.idempotence": flags.get("idempotent") == "yes", "linger.ms": 20,
              "message.timeout.ms": flags.number("timeout", 30) * 1000}
    transactional = flags.get("transactional")
    if transactional:
        config |= {"transactional.id": transactional, "enable.idempotence": True, "acks": "all"}
    producer = ck.Producer(config)
    sent = []

    def delivered(n, error, message):
        if error:
            line(error=f"{error.name()}: {error.str()}")
        else:
            sent.append(n)
            offset = message.offset()
            line(sent={"n": n, "partition": message.partition(), "offset": -1 if offset is None else offset})

    def send():
        if transactional:
            producer.init_transactions(20)
            producer.begin_transaction()
        for n, key, value, headers, timestamp in records(flags):
            producer.produce(flags["topic"], value, key, partition=0, headers=headers, timestamp=timestamp,
                             on_delivery=lambda error, message, n=n: delivered(n, error, message))
            producer.poll(flags.number("pause", 0) / 1000)
        producer.flush(flags.number("timeout", 30))
        if transactional:
            (producer.abort_transaction if flags.get("end") == "abort" else producer.commit_transaction)(20)
    attempt(send)
    line(end={"count": len(sent)})


main(ck.libversion()[0], consume, produce)
