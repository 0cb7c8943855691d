// A word count with Kafka Streams whose only cluster is the one it reads from: no topic of its own,
// the counts are kept in memory. `WordCount count --bootstrap H:P --topic T --group APPLICATION
// --count WORDS --timeout SECONDS` prints {"words":{"a":1,…}} when so many words were counted.

import java.io.FileReader;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.*;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.processor.api.*;
import org.apache.kafka.streams.state.*;

public class WordCount {
    static final Map<String, String> FLAGS = new HashMap<>();
    static final Map<String, Long> WORDS = Collections.synchronizedMap(new TreeMap<>());
    static CountDownLatch left;

    public static void main(String[] args) throws Exception {
        for (int i = 1; i + 1 < args.length; i += 2) FLAGS.put(args[i].substring(2), args[i + 1]);
        left = new CountDownLatch(Integer.parseInt(FLAGS.get("count")));
        var builder = new StreamsBuilder();
        var store = Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("counts"), Serdes.String(), Serdes.Long());
        builder.addStateStore(store.withLoggingDisabled());
        builder.stream(FLAGS.get("topic"), Consumed.with(Serdes.ByteArray(), Serdes.String()))
            .flatMapValues(line -> List.of(line.toLowerCase().split("\\W+")))
            .process(Counter::new, "counts");
        var streams = new KafkaStreams(builder.build(), connection());
        streams.setUncaughtExceptionHandler(error -> {
            System.out.println("{\"error\":\"" + error.toString().replace('"', '\'') + "\"}");
            return org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
        streams.start();
        left.await(Long.parseLong(FLAGS.get("timeout")), TimeUnit.SECONDS);
        streams.close(Duration.ofSeconds(10));
        var words = new ArrayList<String>();
        WORDS.forEach((word, count) -> words.add("\"" + word + "\":" + count));
        System.out.println("{\"words\":{" + String.join(",", words) + "}}");
        System.exit(0);
    }

    static class Counter implements Processor<byte[], String, Void, Void> {
        private KeyValueStore<String, Long> counts;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            counts = context.getStateStore("counts");
        }

        @Override
        public void process(org.apache.kafka.streams.processor.api.Record<byte[], String> record) {
            Long before = counts.get(record.value());
            long now = before == null ? 1 : before + 1;
            counts.put(record.value(), now);
            WORDS.merge(record.value(), 1L, Long::sum);
            left.countDown();
        }
    }

    static Properties connection() throws Exception {
        Properties options = new Properties(), config = new Properties();
        try (var reader = new FileReader(System.getenv("CLIENT_OPTIONS"))) {
            options.load(reader);
        }
        config.put("application.id", FLAGS.get("group"));
        config.put("bootstrap.servers", FLAGS.get("bootstrap"));
        config.put("auto.offset.reset", "earliest");
        config.put("state.dir", System.getProperty("java.io.tmpdir") + "/word-count-" + ProcessHandle.current().pid());
        config.put("security.protocol", options.getProperty("security", "PLAINTEXT"));
        if (options.containsKey("mechanism")) {
            config.put("sasl.mechanism", options.getProperty("mechanism"));
            config.put("sasl.jaas.config", "org.apache.kafka.common.security.plain.PlainLoginModule required username=\""
                + options.getProperty("username") + "\" password=\"" + options.getProperty("password") + "\";");
        }
        return config;
    }
}
