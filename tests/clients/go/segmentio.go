// segmentio/kafka-go: its Reader and Writer. It has no transactions, no idempotence, no subscription by pattern and no OAUTHBEARER.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

type segmentio struct{}

func (segmentio) mechanism(j *job) (sasl.Mechanism, error) {
	user, password := j.options["username"], j.options["password"]
	switch j.options["mechanism"] {
	case "":
		return nil, nil
	case "PLAIN":
		return plain.Mechanism{Username: user, Password: password}, nil
	case "SCRAM-SHA-256":
		return scram.Mechanism(scram.SHA256, user, password)
	case "SCRAM-SHA-512":
		return scram.Mechanism(scram.SHA512, user, password)
	}
	return nil, unsupported("no " + j.options["mechanism"])
}

func (s segmentio) consume(ctx context.Context, j *job) error {
	if j.flags["regex"] != "" {
		return unsupported("no subscription by pattern")
	}
	mechanism, err := s.mechanism(j)
	if err != nil {
		return err
	}
	dialer := &kafka.Dialer{ClientID: j.text("client-id", "suite"), Timeout: 10 * time.Second, DualStack: true,
		SASLMechanism: mechanism, TLS: j.tls()}
	config := kafka.ReaderConfig{Brokers: []string{j.flags["bootstrap"]}, Topic: j.flags["topic"], Dialer: dialer,
		MinBytes: j.number("min-bytes", 1), MaxBytes: j.number("max-bytes", 1048576),
		MaxWait:     time.Duration(j.number("max-wait", 500)) * time.Millisecond,
		StartOffset: kafka.FirstOffset, ReadBackoffMin: 10 * time.Millisecond, GroupID: j.flags["group"],
		// The reader retries by itself; what it tells its log is not the application's error.
	}
	if j.text("from", "earliest") == "latest" {
		config.StartOffset = kafka.LastOffset
	}
	if j.flags["isolation"] == "read_committed" {
		config.IsolationLevel = kafka.ReadCommitted
	}
	inner, cancel := context.WithCancel(ctx)
	go func() {
		j.untilEnough(ctx)
		cancel()
	}()
	if config.GroupID != "" {
		return s.read(inner, j, kafka.NewReader(config))
	}
	connection, err := dialer.DialContext(ctx, "tcp", j.flags["bootstrap"])
	if err != nil {
		return err
	}
	partitions, err := connection.ReadPartitions(j.flags["topic"])
	connection.Close()
	if err != nil {
		return err
	}
	for _, partition := range partitions {
		config.Partition = partition.ID
		reader := kafka.NewReader(config)
		if err := reader.SetOffset(config.StartOffset); err != nil {
			return err
		}
		go func() {
			if err := s.read(inner, j, reader); err != nil {
				report(err)
			}
		}()
	}
	<-inner.Done()
	return nil
}

func (segmentio) read(ctx context.Context, j *job, reader *kafka.Reader) error {
	var last []kafka.Message
	for {
		got, err := reader.FetchMessage(ctx)
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			report(err)
			if errors.Is(err, context.Canceled) {
				break
			}
			time.Sleep(100 * time.Millisecond)
			continue
		}
		headers := make([]header, 0, len(got.Headers))
		for _, h := range got.Headers {
			headers = append(headers, header{h.Key, h.Value})
		}
		j.took(int32(got.Partition), got.Offset, got.Time, got.Key, got.Value, headers)
		last = append(last, got)
		if j.flags["group"] != "" && j.flags["commit"] == "each" {
			if err := reader.CommitMessages(ctx, got); err != nil && ctx.Err() == nil {
				report(err)
			}
		}
	}
	if j.flags["group"] != "" && j.flags["commit"] != "no" && len(last) > 0 {
		end, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := reader.CommitMessages(end, last...); err != nil {
			report(err)
		}
	}
	return reader.Close()
}

func (s segmentio) produce(ctx context.Context, j *job) error {
	if j.flags["transactional"] != "" || j.flags["idempotent"] == "yes" {
		return unsupported("no idempotent producer")
	}
	mechanism, err := s.mechanism(j)
	if err != nil {
		return err
	}
	writer := &kafka.Writer{Addr: kafka.TCP(j.flags["bootstrap"]), Topic: j.flags["topic"], BatchTimeout: 20 * time.Millisecond,
		Balancer: kafka.BalancerFunc(func(kafka.Message, ...int) int { return 0 }),
		RequiredAcks: map[string]kafka.RequiredAcks{"0": kafka.RequireNone, "1": kafka.RequireOne,
			"all": kafka.RequireAll}[j.text("acks", "all")],
		Compression: map[string]kafka.Compression{"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy,
			"lz4": kafka.Lz4, "zstd": kafka.Zstd}[j.text("codec", "none")],
		Transport: &kafka.Transport{ClientID: j.text("client-id", "suite"), SASL: mechanism, TLS: j.tls()}}
	defer writer.Close()
	var messages []kafka.Message
	for _, r := range j.records() {
		headers := []kafka.Header{{Key: "n", Value: r.key[len("key-"):]}}
		messages = append(messages, kafka.Message{Key: r.key, Value: r.value, Time: r.at, Headers: headers})
	}
	if pause := j.number("pause", 0); pause == 0 {
		return s.write(ctx, j, writer, messages)
	}
	for _, message := range messages {
		if err := s.write(ctx, j, writer, []kafka.Message{message}); err != nil {
			report(err)
		}
		j.pause()
	}
	return nil
}

func (segmentio) write(ctx context.Context, j *job, writer *kafka.Writer, messages []kafka.Message) error {
	if err := writer.WriteMessages(ctx, messages...); err != nil {
		return err
	}
	for range messages {
		j.sent(j.number("first", 0)+j.count, 0, -1)
	}
	return nil
}
