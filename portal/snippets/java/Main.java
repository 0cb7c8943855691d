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
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.serialization.StringDeserializer;
{% else %}
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
{% endif %}

public class Main {
    static Properties settings() {
        String secret = System.getenv("SLUICEGATE_SECRET");
        if (secret == null) throw new IllegalStateException("SLUICEGATE_SECRET is not set");
        var settings = new Properties();
        settings.put("bootstrap.servers", "{{ bootstrap }}");
        settings.put("security.protocol", "{{ security }}");
        settings.put("sasl.mechanism", "SCRAM-SHA-256");
        settings.put("sasl.jaas.config", "org.apache.kafka.common.security.scram.ScramLoginModule required "
            + "username=\"{{ user }}\" password=\"" + secret + "\";");
{% if tls %}
        String authority = System.getenv("SLUICEGATE_CA");
        if (authority != null) {
            settings.put("ssl.truststore.type", "PEM");
            settings.put("ssl.truststore.location", authority);
        }
{% endif %}
        return settings;
    }

{% if consume %}
    public static void main(String[] arguments) throws Exception {
        var settings = settings();
        settings.put("group.id", "{{ group }}");
        settings.put("auto.offset.reset", "earliest");
        var text = new StringDeserializer();
        var consumer = new KafkaConsumer<String, String>(settings, text, text);
        var reader = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            consumer.wakeup();
            try {
                reader.join();
            } catch (InterruptedException ignored) {
            }
        }));
        try (consumer) {
            consumer.subscribe(List.of("{{ topic }}"));
            while (true) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    System.out.println(record.partition() + "/" + record.offset() + " " + record.value());
                }
            }
        } catch (WakeupException stopped) {
            // Asked to stop: the consumer leaves its group when it closes.
        }
    }
}
{% else %}
    public static void main(String[] arguments) throws Exception {
        var text = new StringSerializer();
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (var producer = new KafkaProducer<String, String>(settings(), text, text)) {
            for (String line; (line = input.readLine()) != null; ) {
                var written = producer.send(new ProducerRecord<>("{{ topic }}", line)).get();
                System.out.println("written at " + written.partition() + "/" + written.offset());
            }
        }
    }
}
{% endif %}
