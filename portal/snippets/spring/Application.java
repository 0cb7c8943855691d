package example;

{% if consume %}
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.kafka.annotation.KafkaListener;

// Reads {{ topic }} as the application {{ application }}, in the group {{ group }}.
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
//   {{ run }}
@SpringBootApplication
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @KafkaListener(topics = "{{ topic }}")
    void read(ConsumerRecord<String, String> record) {
        System.out.println(record.partition() + "/" + record.offset() + " " + record.value());
    }
}
{% else %}
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.CommandLineRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.core.KafkaTemplate;

// Writes the lines of standard input to {{ topic }} as the application {{ application }}.
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
//   {{ run }}
@SpringBootApplication
public class Application {
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments).close();
    }

    @Bean
    CommandLineRunner write(KafkaTemplate<String, String> template) {
        return arguments -> {
            var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line; (line = input.readLine()) != null; ) {
                var written = template.send("{{ topic }}", line).get().getRecordMetadata();
                System.out.println("written at " + written.partition() + "/" + written.offset());
            }
        };
    }
}
{% endif %}
