// IBM/sarama, with its Version at the newest it knows.
package main

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"time"

	"github.com/IBM/sarama"
	"github.com/xdg-go/scram"
)

type saramaClient struct{}

func (saramaClient) config(j *job) *sarama.Config {
	config := sarama.NewConfig()
	config.ClientID = j.text("client-id", "suite")
	config.Version = sarama.MaxVersion
	config.Net.TLS.Config = j.tls()
	config.Net.TLS.Enable = config.Net.TLS.Config != nil
	if !j.sasl() {
		return config
	}
	net := &config.Net.SASL
	net.Enable, net.User, net.Password = true, j.options["username"], j.options["password"]
	net.Mechanism = sarama.SASLMechanism(j.options["mechanism"])
	switch j.options["mechanism"] {
	case "SCRAM-SHA-256":
		net.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &exchange{hash: sha256.New} }
	case "SCRAM-SHA-512":
		net.SCRAMClientGeneratorFunc = func() sarama.SCRAMClient { return &exchange{hash: sha512.New} }
	case "OAUTHBEARER":
		net.TokenProvider = token(j.options["token"])
	}
	return config
}

type token string

func (t token) Token() (*sarama.AccessToken, error) {
	return &sarama.AccessToken{Token: string(t)}, nil
}

// exchange is one SCRAM login, as sarama's own examples do it.
type exchange struct {
	hash         func() hash.Hash
	conversation *scram.ClientConversation
}

func (e *exchange) Begin(user, password, authorization string) error {
	client, err := scram.HashGeneratorFcn(e.hash).NewClient(user, password, authorization)
	if err == nil {
		e.conversation = client.NewConversation()
	}
	return err
}

func (e *exchange) Step(challenge string) (string, error) { return e.conversation.Step(challenge) }

func (e *exchange) Done() bool { return e.conversation.Done() }

func (s saramaClient) consume(ctx context.Context, j *job) error {
	if j.flags["regex"] != "" {
		return unsupported("no subscription by pattern")
	}
	config := s.config(j)
	config.Consumer.Return.Errors = true
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.MaxWaitTime = time.Duration(j.number("max-wait", 500)) * time.Millisecond
	config.Consumer.Fetch.Min = int32(j.number("min-bytes", 1))
	config.Consumer.Fetch.Default = int32(j.number("max-bytes", 1048576))
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	if j.text("from", "earliest") == "latest" {
		config.Consumer.Offsets.Initial = sarama.OffsetNewest
	}
	if j.flags["isolation"] == "read_committed" {
		config.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	if j.flags["group"] == "" {
		return s.assigned(ctx, j, config)
	}
	group, err := sarama.NewConsumerGroup([]string{j.flags["bootstrap"]}, j.flags["group"], config)
	if err != nil {
		return err
	}
	go reportAll(group.Errors())
	inner, cancel := context.WithCancel(ctx)
	go func() {
		j.untilEnough(ctx)
		cancel()
	}()
	for inner.Err() == nil {
		if err := group.Consume(inner, []string{j.flags["topic"]}, &member{j}); err != nil && inner.Err() == nil {
			report(err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	return group.Close()
}

type member struct{ *job }

func (m *member) Setup(session sarama.ConsumerGroupSession) error {
	assigned(session.Claims()[m.flags["topic"]])
	return nil
}

// Cleanup runs when the claims have ended: what they marked is committed here.
func (m *member) Cleanup(session sarama.ConsumerGroupSession) error {
	if m.flags["commit"] != "no" {
		session.Commit()
	}
	return nil
}

func (m *member) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case got, open := <-claim.Messages():
			if !open {
				return nil
			}
			taken(m.job, got)
			session.MarkMessage(got, "")
			// A commit waits behind the Fetch on the one connection: one for all that is there.
			if m.flags["commit"] == "each" && len(claim.Messages()) == 0 {
				session.Commit()
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func (saramaClient) assigned(ctx context.Context, j *job, config *sarama.Config) error {
	consumer, err := sarama.NewConsumer([]string{j.flags["bootstrap"]}, config)
	if err != nil {
		return err
	}
	defer consumer.Close()
	partitions, err := consumer.Partitions(j.flags["topic"])
	if err != nil {
		return err
	}
	for _, partition := range partitions {
		reader, err := consumer.ConsumePartition(j.flags["topic"], partition, config.Consumer.Offsets.Initial)
		if err != nil {
			return err
		}
		go func() {
			for got := range reader.Messages() {
				taken(j, got)
			}
		}()
		go func() {
			for err := range reader.Errors() {
				report(err)
			}
		}()
	}
	j.untilEnough(ctx)
	return nil
}

func taken(j *job, got *sarama.ConsumerMessage) {
	headers := make([]header, 0, len(got.Headers))
	for _, h := range got.Headers {
		headers = append(headers, header{string(h.Key), h.Value})
	}
	j.took(got.Partition, got.Offset, got.Timestamp, got.Key, got.Value, headers)
}

func reportAll(errors <-chan error) {
	for err := range errors {
		report(err)
	}
}

func (s saramaClient) produce(ctx context.Context, j *job) error {
	config := s.config(j)
	producing := &config.Producer
	producing.Return.Successes, producing.Return.Errors = true, true
	producing.Partitioner = sarama.NewManualPartitioner
	producing.Flush.Frequency = 20 * time.Millisecond
	producing.RequiredAcks = map[string]sarama.RequiredAcks{"0": sarama.NoResponse, "1": sarama.WaitForLocal,
		"all": sarama.WaitForAll}[j.text("acks", "all")]
	producing.Compression = map[string]sarama.CompressionCodec{"none": sarama.CompressionNone,
		"gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy, "lz4": sarama.CompressionLZ4,
		"zstd": sarama.CompressionZSTD}[j.text("codec", "none")]
	transactional := j.flags["transactional"]
	if transactional != "" || j.flags["idempotent"] == "yes" {
		producing.Idempotent, producing.RequiredAcks, config.Net.MaxOpenRequests = true, sarama.WaitForAll, 1
		producing.Transaction.ID = transactional
	}
	producer, err := sarama.NewAsyncProducer([]string{j.flags["bootstrap"]}, config)
	if err != nil {
		return err
	}
	if transactional != "" {
		if err := producer.BeginTxn(); err != nil {
			return err
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for left := j.number("count", 1); left > 0; left-- {
			select {
			case got := <-producer.Successes():
				offset := got.Offset
				if j.flags["acks"] == "0" {
					offset = -1
				}
				j.sent(got.Metadata.(int), got.Partition, offset)
			case failed := <-producer.Errors():
				report(failed.Err)
			case <-ctx.Done():
				return
			}
		}
	}()
	for _, r := range j.records() {
		headers := []sarama.RecordHeader{{Key: []byte("n"), Value: r.key[len("key-"):]}}
		producer.Input() <- &sarama.ProducerMessage{Topic: j.flags["topic"], Key: sarama.ByteEncoder(r.key),
			Value: sarama.ByteEncoder(r.value), Headers: headers, Timestamp: r.at, Metadata: r.n}
		j.pause()
	}
	<-done
	if transactional != "" {
		end := producer.CommitTxn
		if j.flags["end"] == "abort" {
			end = producer.AbortTxn
		}
		if err := end(); err != nil {
			return err
		}
	}
	return producer.Close()
}
