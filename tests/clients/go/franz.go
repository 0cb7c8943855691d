// franz-go.
package main

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/oauth"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

type franz struct{}

func (franz) connection(j *job) []kgo.Opt {
	options := []kgo.Opt{kgo.SeedBrokers(j.flags["bootstrap"]), kgo.ClientID(j.text("client-id", "suite"))}
	if config := j.tls(); config != nil {
		options = append(options, kgo.DialTLSConfig(config))
	}
	if !j.sasl() {
		return options
	}
	user, password := j.options["username"], j.options["password"]
	var mechanism sasl.Mechanism
	switch j.options["mechanism"] {
	case "PLAIN":
		mechanism = plain.Auth{User: user, Pass: password}.AsMechanism()
	case "SCRAM-SHA-256":
		mechanism = scram.Auth{User: user, Pass: password}.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		mechanism = scram.Auth{User: user, Pass: password}.AsSha512Mechanism()
	case "OAUTHBEARER":
		mechanism = oauth.Auth{Token: j.options["token"]}.AsMechanism()
	}
	return append(options, kgo.SASL(mechanism))
}

func (f franz) consume(ctx context.Context, j *job) error {
	start := kgo.NewOffset().AtStart()
	if j.text("from", "earliest") == "latest" {
		start = kgo.NewOffset().AtEnd()
	}
	isolation := kgo.ReadUncommitted()
	if j.flags["isolation"] == "read_committed" {
		isolation = kgo.ReadCommitted()
	}
	options := append(f.connection(j), kgo.ConsumeResetOffset(start), kgo.FetchIsolationLevel(isolation),
		kgo.FetchMaxWait(time.Duration(j.number("max-wait", 500))*time.Millisecond),
		kgo.FetchMinBytes(int32(j.number("min-bytes", 1))),
		kgo.FetchMaxPartitionBytes(int32(j.number("max-bytes", 1048576))))
	group := j.flags["group"]
	if j.flags["regex"] != "" {
		options = append(options, kgo.ConsumeTopics(j.flags["regex"]), kgo.ConsumeRegex())
	} else {
		options = append(options, kgo.ConsumeTopics(j.flags["topic"]))
	}
	if group != "" {
		options = append(options, kgo.ConsumerGroup(group), kgo.DisableAutoCommit(),
			kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, all map[string][]int32) {
				for _, partitions := range all {
					assigned(partitions)
				}
			}))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil && !j.enough() {
		polled, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		fetches := client.PollFetches(polled)
		cancel()
		f.take(j, fetches)
		if group != "" && j.flags["commit"] == "each" && !fetches.Empty() {
			if err := client.CommitUncommittedOffsets(ctx); err != nil {
				report(err)
			}
		}
	}
	if group != "" && j.flags["commit"] != "no" && j.count > 0 {
		last, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		return client.CommitUncommittedOffsets(last)
	}
	return nil
}

func (franz) take(j *job, fetches kgo.Fetches) {
	for _, failed := range fetches.Errors() {
		if !errors.Is(failed.Err, context.DeadlineExceeded) {
			report(failed.Err)
			time.Sleep(100 * time.Millisecond)
		}
	}
	fetches.EachRecord(func(got *kgo.Record) {
		headers := make([]header, 0, len(got.Headers))
		for _, h := range got.Headers {
			headers = append(headers, header{h.Key, h.Value})
		}
		j.took(got.Partition, got.Offset, got.Timestamp, got.Key, got.Value, headers)
	})
}

func (f franz) produce(ctx context.Context, j *job) error {
	acks := map[string]kgo.Acks{"0": kgo.NoAck(), "1": kgo.LeaderAck(), "all": kgo.AllISRAcks()}[j.text("acks", "all")]
	codec := map[string]kgo.CompressionCodec{"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(),
		"snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression()}[j.text("codec", "none")]
	transactional := j.flags["transactional"]
	options := append(f.connection(j), kgo.ProducerBatchCompression(codec), kgo.ProducerLinger(20*time.Millisecond),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if transactional != "" {
		options = append(options, kgo.TransactionalID(transactional))
	} else {
		options = append(options, kgo.RequiredAcks(acks))
		if j.flags["idempotent"] != "yes" {
			options = append(options, kgo.DisableIdempotentWrite())
		}
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return err
	}
	defer client.Close()
	if transactional != "" {
		if err := client.BeginTransaction(); err != nil {
			return err
		}
	}
	for _, r := range j.records() {
		headers := []kgo.RecordHeader{{Key: "n", Value: []byte(r.key[len("key-"):])}}
		sent := &kgo.Record{Topic: j.flags["topic"], Key: r.key, Value: r.value, Timestamp: r.at, Headers: headers}
		client.Produce(ctx, sent, func(got *kgo.Record, err error) {
			if err != nil {
				report(err)
				return
			}
			j.sent(r.n, got.Partition, got.Offset)
		})
		j.pause()
	}
	if err := client.Flush(ctx); err != nil {
		return err
	}
	if transactional != "" {
		return client.EndTransaction(ctx, kgo.TransactionEndTry(j.text("end", "commit") == "commit"))
	}
	return nil
}
