{% if consume %}
// Reads {{ topic }} as the application {{ application }}, in the group {{ group }}.
{% else %}
// Writes the lines of standard input to {{ topic }} as the application {{ application }}.
{% endif %}
//   {{ install }}
//   export SLUICEGATE_SECRET=…   (the secret of the credential {{ user }})
{% if tls %}
//   export SSL_CERT_FILE=ca.pem   (where a private authority signs)
{% endif %}
//   {{ run }}

package main

import (
{% if not consume %}
	"bufio"
{% endif %}
	"context"
	"fmt"
	"log"
	"os"
{% if consume %}
	"os/signal"
	"syscall"
{% endif %}

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

func main() {
	login := scram.Auth{User: "{{ user }}", Pass: os.Getenv("SLUICEGATE_SECRET")}
	client, err := kgo.NewClient(
		kgo.SeedBrokers("{{ bootstrap }}"),
{% if tls %}
		kgo.DialTLS(),
{% endif %}
		kgo.SASL(login.AsSha256Mechanism()),
{% if consume %}
		kgo.ConsumerGroup("{{ group }}"),
		kgo.ConsumeTopics("{{ topic }}"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
{% else %}
		kgo.DefaultProduceTopic("{{ topic }}"),
	)
{% endif %}
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

{% if consume %}
	stopped, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	for stopped.Err() == nil {
		fetches := client.PollFetches(stopped)
		fetches.EachError(func(topic string, partition int32, err error) {
			if stopped.Err() == nil {
				log.Printf("%s/%d: %v", topic, partition, err)
			}
		})
		fetches.EachRecord(func(record *kgo.Record) {
			fmt.Printf("%d/%d %s\n", record.Partition, record.Offset, record.Value)
		})
	}
}
{% else %}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		sent := client.ProduceSync(context.Background(), kgo.StringRecord(lines.Text()))
		record, err := sent.First()
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("written at %d/%d\n", record.Partition, record.Offset)
	}
	if err := lines.Err(); err != nil {
		log.Fatal(err)
	}
}
{% endif %}
