{% if consume %}
// Reads {{ topic }} as the application {{ application }}, in the group {{ group }}.
{% else %}
// Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
//   export SLUICEGATE_CA=ca.pem   (where a private authority signs)
{% endif %}
//   {{ run }}

{% if consume %}
#include <signal.h>
{% endif %}
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <librdkafka/rdkafka.h>

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(conf, name, value, error, sizeof(error)) != RD_KAFKA_CONF_OK) {
        fprintf(stderr, "%s\n", error);
        exit(1);
    }
}

static rd_kafka_conf_t *settings(void) {
    const char *secret = getenv("SLUICEGATE_SECRET");
    if (!secret) {
        fprintf(stderr, "SLUICEGATE_SECRET is not set\n");
        exit(1);
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    set(conf, "bootstrap.servers", "{{ bootstrap }}");
    set(conf, "security.protocol", "{{ security }}");
    set(conf, "sasl.mechanism", "SCRAM-SHA-256");
    set(conf, "sasl.username", "{{ user }}");
    set(conf, "sasl.password", secret);
{% if tls %}
    if (getenv("SLUICEGATE_CA")) set(conf, "ssl.ca.location", getenv("SLUICEGATE_CA"));
{% endif %}
    return conf;
}

{% if consume %}
static volatile sig_atomic_t running = 1;

static void stop(int signal) {
    (void)signal;
    running = 0;
}

int main(void) {
    char error[512];
    rd_kafka_conf_t *conf = settings();
    set(conf, "group.id", "{{ group }}");
    set(conf, "auto.offset.reset", "earliest");
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, error, sizeof(error));
    if (!consumer) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, "{{ topic }}", RD_KAFKA_PARTITION_UA);
    rd_kafka_subscribe(consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);

    signal(SIGINT, stop);
    signal(SIGTERM, stop);
    while (running) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 500);
        if (!message) continue;
        if (message->err) {
            fprintf(stderr, "%s\n", rd_kafka_message_errstr(message));
        } else {
            printf("%.*s\n", (int)message->len, (const char *)message->payload);
            fflush(stdout);
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return 0;
}
{% else %}
static int failed = 0;

static void delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    (void)producer;
    (void)opaque;
    if (message->err) {
        fprintf(stderr, "%s\n", rd_kafka_err2str(message->err));
        failed = 1;
    } else {
        printf("written at offset %lld\n", (long long)message->offset);
    }
}

int main(void) {
    char error[512], line[65536];
    rd_kafka_conf_t *conf = settings();
    rd_kafka_conf_set_dr_msg_cb(conf, delivered);
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error, sizeof(error));
    if (!producer) {
        fprintf(stderr, "%s\n", error);
        return 1;
    }
    while (fgets(line, sizeof(line), stdin)) {
        size_t length = strcspn(line, "\n");
        rd_kafka_resp_err_t refused = rd_kafka_producev(
            producer, RD_KAFKA_V_TOPIC("{{ topic }}"), RD_KAFKA_V_VALUE(line, length),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_BLOCK), RD_KAFKA_V_END);
        if (refused) {
            fprintf(stderr, "%s\n", rd_kafka_err2str(refused));
            failed = 1;
        }
        rd_kafka_poll(producer, 0);
    }
    rd_kafka_flush(producer, 30000);
    failed |= rd_kafka_outq_len(producer) > 0;
    rd_kafka_destroy(producer);
    return failed;
}
{% endif %}
