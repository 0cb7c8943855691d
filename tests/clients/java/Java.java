// The Java client (kafka-clients 2.8 to 4.x): the command contract of ../README.md. One file that
// compiles against each of the versions; nothing here is newer than 2.8.

import java.io.FileReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.*;
import java.util.regex.Pattern;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;
import org.apache.kafka.common.serialization.*;
import org.apache.kafka.common.utils.AppInfoParser;

public class Java {
    static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    static final Map<String, String> FLAGS = new HashMap<>();

    public static void main(String[] args) throws Exception {
        for (int i = 1; i + 1 < args.length; i += 2) FLAGS.put(args[i].substring(2), args[i + 1]);
        switch (args[0]) {
            case "version" -> OUT.println("{\"version\":" + text(AppInfoParser.getVersion()) + "}");
            case "consume" -> consume();
            case "produce" -> produce();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.exit(0);
    }

    static String flag(String name, String otherwise) {
        return FLAGS.getOrDefault(name, otherwise);
    }

    static long number(String name, long otherwise) {
        return Long.parseLong(flag(name, Long.toString(otherwise)));
    }

    static void consume() throws Exception {
        Properties config = connection();
        String group = FLAGS.get("group");
        if (group != null) config.put("group.id", group);
        config.put("enable.auto.commit", "false");
        config.put("auto.offset.reset", flag("from", "earliest"));
        config.put("isolation.level", flag("isolation", "read_uncommitted"));
        config.put("check.crcs", "true");
        config.put("fetch.max.wait.ms", flag("max-wait", "500"));
        config.put("fetch.min.bytes", flag("min-bytes", "1"));
        config.put("max.partition.fetch.bytes", flag("max-bytes", "1048576"));
        var bytes = new ByteArrayDeserializer();
        var consumer = new KafkaConsumer<byte[], byte[]>(config, bytes, bytes);
        long deadline = System.nanoTime() + number("timeout", 30) * 1_000_000_000L;
        try {
            start(consumer, group, deadline);
        } catch (Exception error) {
            report(error);
        }
        long count = read(consumer, deadline);
        if (group != null && count > 0 && !flag("commit", "end").equals("no")) {
            try {
                consumer.commitSync(Duration.ofSeconds(10));
            } catch (Exception error) {
                report(error);
            }
        }
        consumer.close(Duration.ofSeconds(5));
        OUT.println("{\"end\":{\"count\":" + count + "}}");
    }

    static void start(KafkaConsumer<byte[], byte[]> consumer, String group, long deadline) throws Exception {
        if (group == null) {
            List<TopicPartition> all = new ArrayList<>();
            for (var info : consumer.partitionsFor(FLAGS.get("topic"), left(deadline)))
                all.add(new TopicPartition(info.topic(), info.partition()));
            consumer.assign(all);
            if (flag("from", "earliest").equals("earliest")) consumer.seekToBeginning(all);
            else consumer.seekToEnd(all);
            return;
        }
        var listener = new ConsumerRebalanceListener() {
            public void onPartitionsRevoked(Collection<TopicPartition> revoked) {}

            public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
                var all = assigned.stream().map(p -> Integer.toString(p.partition())).sorted();
                OUT.println("{\"assigned\":[" + String.join(",", all.toList()) + "]}");
            }
        };
        if (FLAGS.containsKey("regex")) consumer.subscribe(Pattern.compile(FLAGS.get("regex")), listener);
        else consumer.subscribe(List.of(FLAGS.get("topic")), listener);
    }

    static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(1, deadline - System.nanoTime()));
    }

    static long read(KafkaConsumer<byte[], byte[]> consumer, long deadline) throws Exception {
        long wanted = number("count", 1), settle = number("settle", 500) * 1_000_000, count = 0;
        long last = System.nanoTime();
        while (System.nanoTime() < deadline) {
            if (count >= wanted && System.nanoTime() - last > settle) break;
            try {
                var batch = consumer.poll(Duration.ofMillis(100));
                for (var record : batch) {
                    OUT.println(line(record));
                    count++;
                    last = System.nanoTime();
                }
                if (!batch.isEmpty() && flag("commit", "end").equals("each")) consumer.commitSync();
            } catch (Exception error) {
                report(error);
                Thread.sleep(100);
            }
        }
        return count;
    }

    static String line(ConsumerRecord<byte[], byte[]> record) throws Exception {
        List<String> headers = new ArrayList<>();
        for (Header header : record.headers())
            headers.add("[" + text(header.key()) + "," + hex(header.value()) + "]");
        byte[] value = record.value();
        byte[] sha = value == null ? null : MessageDigest.getInstance("SHA-256").digest(value);
        return "{\"record\":{\"partition\":" + record.partition() + ",\"offset\":" + record.offset()
            + ",\"timestamp\":" + record.timestamp() + ",\"key\":" + hex(record.key())
            + ",\"value\":" + hex(sha) + ",\"headers\":[" + String.join(",", headers) + "]}}";
    }

    static void produce() throws Exception {
        Properties config = connection();
        config.put("acks", flag("acks", "all"));
        config.put("compression.type", flag("codec", "none"));
        config.put("enable.idempotence", flag("idempotent", "no").equals("yes"));
        config.put("linger.ms", "20");
        config.put("delivery.timeout.ms", "30000");
        config.put("request.timeout.ms", "10000");
        config.put("max.block.ms", "20000");
        String id = FLAGS.get("transactional");
        if (id != null) {
            config.put("transactional.id", id);
            config.put("enable.idempotence", true);
            config.put("acks", "all");
        }
        var producer = new KafkaProducer<byte[], byte[]>(config, new ByteArraySerializer(), new ByteArraySerializer());
        long sent = 0;
        try {
            if (id != null) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            sent = send(producer);
            if (id != null && flag("end", "commit").equals("abort")) producer.abortTransaction();
            else if (id != null) producer.commitTransaction();
        } catch (Exception error) {
            report(error);
        }
        producer.close(Duration.ofSeconds(10));
        OUT.println("{\"end\":{\"count\":" + sent + "}}");
    }

    static long send(KafkaProducer<byte[], byte[]> producer) throws Exception {
        long first = number("first", 0), count = number("count", 1), pause = number("pause", 0);
        List<java.util.concurrent.Future<RecordMetadata>> acks = new ArrayList<>();
        for (long n = first; n < first + count; n++) {
            String head = "{\"n\":" + n + ",\"secret\":\"s-" + n + "\",\"text\":\"";
            int pad = Math.max(0, (int) number("size", 0) - head.length() - 2);
            byte[] value = (head + "x".repeat(pad) + "\"}").getBytes(StandardCharsets.UTF_8);
            byte[] key = ("key-" + n).getBytes(StandardCharsets.UTF_8);
            var record = new ProducerRecord<>(FLAGS.get("topic"), 0, 1_700_000_000_000L + n, key, value);
            record.headers().add("n", Long.toString(n).getBytes(StandardCharsets.UTF_8));
            acks.add(producer.send(record));
            if (pause > 0) Thread.sleep(pause);
        }
        producer.flush();
        long sent = 0;
        for (int i = 0; i < acks.size(); i++) {
            try {
                var ack = acks.get(i).get();
                OUT.println("{\"sent\":{\"n\":" + (first + i) + ",\"partition\":" + ack.partition() + ",\"offset\":"
                    + ack.offset() + "}}");
                sent++;
            } catch (java.util.concurrent.ExecutionException error) {
                report((Exception) error.getCause());
            }
        }
        return sent;
    }

    static Properties connection() throws Exception {
        Properties options = new Properties(), config = new Properties();
        String file = System.getenv("CLIENT_OPTIONS");
        if (file != null) {
            try (var reader = new FileReader(file)) {
                options.load(reader);
            }
        }
        config.put("bootstrap.servers", FLAGS.get("bootstrap"));
        config.put("client.id", flag("client-id", "suite"));
        config.put("security.protocol", options.getProperty("security", "PLAINTEXT"));
        if (options.containsKey("ca")) {
            config.put("ssl.truststore.type", "PEM");
            config.put("ssl.truststore.location", options.getProperty("ca"));
        }
        if (options.containsKey("certificate")) {
            String both = read(options.getProperty("key")) + read(options.getProperty("certificate"));
            var store = java.nio.file.Files.createTempFile("keystore", ".pem");
            java.nio.file.Files.writeString(store, both);
            store.toFile().deleteOnExit();
            config.put("ssl.keystore.type", "PEM");
            config.put("ssl.keystore.location", store.toString());
        }
        String mechanism = options.getProperty("mechanism");
        if ("OAUTHBEARER".equals(mechanism)) {
            Token.given = options.getProperty("token");
            config.put("sasl.mechanism", mechanism);
            config.put("sasl.login.callback.handler.class", Token.class.getName());
            config.put("sasl.jaas.config",
                "org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required;");
        } else if (mechanism != null) {
            String module = mechanism.startsWith("SCRAM") ? "scram.Scram" : "plain.Plain";
            config.put("sasl.mechanism", mechanism);
            config.put("sasl.jaas.config", "org.apache.kafka.common.security." + module + "LoginModule required username="
                + text(options.getProperty("username")) + " password=" + text(options.getProperty("password")) + ";");
        }
        return config;
    }

    /** Hands out the token of the options as it is; what is in it is the server's business. */
    public static class Token implements AuthenticateCallbackHandler, OAuthBearerToken {
        static String given;

        public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

        public void close() {}

        public void handle(Callback[] callbacks) {
            for (var callback : callbacks) {
                if (callback instanceof OAuthBearerTokenCallback asked) asked.token(this);
            }
        }

        public String value() {
            return given;
        }

        public Set<String> scope() {
            return Set.of();
        }

        public long lifetimeMs() {
            return System.currentTimeMillis() + 3_600_000;
        }

        public String principalName() {
            return "suite";
        }

        public Long startTimeMs() {
            return null;
        }
    }

    static String read(String path) throws Exception {
        return java.nio.file.Files.readString(java.nio.file.Path.of(path));
    }

    static void report(Exception error) {
        OUT.println("{\"error\":" + text(error.toString()) + "}");
    }

    static String hex(byte[] bytes) {
        return bytes == null ? "null" : "\"" + HexFormat.of().formatHex(bytes) + "\"";
    }

    static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') json.append('\\').append(c);
            else if (c < ' ') json.append(String.format("\\u%04x", (int) c));
            else json.append(c);
        }
        return json.append('"').toString();
    }
}
