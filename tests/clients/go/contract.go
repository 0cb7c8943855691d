// The Go clients, one program: `clients franz-go|sarama|kafka-go VERB …` speaks the command contract of
// ../README.md. This file is what they share; it knows no client library.
package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

type client interface {
	consume(ctx context.Context, job *job) error
	produce(ctx context.Context, job *job) error
}

var clients = map[string]struct {
	module string
	client client
}{
	"franz-go": {"github.com/twmb/franz-go", franz{}},
	"sarama":   {"github.com/IBM/sarama", saramaClient{}},
	"kafka-go": {"github.com/segmentio/kafka-go", segmentio{}},
}

func main() {
	chosen := clients[os.Args[1]]
	job := newJob(os.Args[3:])
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(job.number("timeout", 30))*time.Second)
	defer cancel()
	var err error
	switch os.Args[2] {
	case "version":
		line("version", version(chosen.module))
		return
	case "consume":
		err = chosen.client.consume(ctx, job)
	case "produce":
		err = chosen.client.produce(ctx, job)
	default:
		panic("what is " + os.Args[2])
	}
	if missing, ok := err.(unsupported); ok {
		line("unsupported", string(missing))
		return
	}
	if err != nil && ctx.Err() == nil {
		report(err)
	}
	line("end", map[string]int{"count": job.count})
}

func version(module string) string {
	info, _ := debug.ReadBuildInfo()
	for _, dependency := range info.Deps {
		if dependency.Path == module {
			return strings.TrimPrefix(dependency.Version, "v")
		}
	}
	return "unknown"
}

// unsupported is the answer of a client without the feature.
type unsupported string

func (u unsupported) Error() string { return string(u) }

// job is the command line, the options file and the progress.
type job struct {
	flags, options map[string]string
	lock           sync.Mutex
	count          int
	last           time.Time
}

func newJob(args []string) *job {
	job := &job{flags: map[string]string{}, options: map[string]string{}, last: time.Now()}
	for i := 0; i+1 < len(args); i += 2 {
		job.flags[strings.TrimPrefix(args[i], "--")] = args[i+1]
	}
	if path := os.Getenv("CLIENT_OPTIONS"); path != "" {
		file, err := os.Open(path)
		must(err)
		for lines := bufio.NewScanner(file); lines.Scan(); {
			if name, value, found := strings.Cut(lines.Text(), "="); found {
				job.options[name] = value
			}
		}
	}
	return job
}

func (j *job) text(name, otherwise string) string {
	if value, found := j.flags[name]; found {
		return value
	}
	return otherwise
}

func (j *job) number(name string, otherwise int) int {
	value, err := strconv.Atoi(j.text(name, strconv.Itoa(otherwise)))
	must(err)
	return value
}

func (j *job) sasl() bool { return j.options["mechanism"] != "" }

// tls is nil on a plain connection.
func (j *job) tls() *tls.Config {
	if !strings.HasSuffix(j.options["security"], "SSL") {
		return nil
	}
	pem, err := os.ReadFile(j.options["ca"])
	must(err)
	config := &tls.Config{RootCAs: x509.NewCertPool()}
	config.RootCAs.AppendCertsFromPEM(pem)
	if j.options["certificate"] != "" {
		pair, err := tls.LoadX509KeyPair(j.options["certificate"], j.options["key"])
		must(err)
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

type header struct {
	name  string
	value []byte
}

// took prints a record that the library handed out.
func (j *job) took(partition int32, offset int64, at time.Time, key, value []byte, headers []header) {
	pairs := make([][2]any, 0, len(headers))
	for _, h := range headers {
		pairs = append(pairs, [2]any{h.name, hexed(h.value)})
	}
	var sha any
	if value != nil {
		sum := sha256.Sum256(value)
		sha = hex.EncodeToString(sum[:])
	}
	j.lock.Lock()
	j.count++
	j.last = time.Now()
	j.lock.Unlock()
	line("record", map[string]any{"partition": partition, "offset": offset, "timestamp": at.UnixMilli(),
		"key": hexed(key), "value": sha, "headers": pairs})
}

// enough says whether all came and nothing more for a while.
func (j *job) enough() bool {
	j.lock.Lock()
	defer j.lock.Unlock()
	settled := time.Since(j.last) > time.Duration(j.number("settle", 500))*time.Millisecond
	return j.count >= j.number("count", 1) && settled
}

// untilEnough ends with the context or when enough was seen.
func (j *job) untilEnough(ctx context.Context) {
	for ctx.Err() == nil && !j.enough() {
		time.Sleep(20 * time.Millisecond)
	}
}

type record struct {
	n          int
	key, value []byte
	at         time.Time
}

func (j *job) records() []record {
	first, size := j.number("first", 0), j.number("size", 0)
	records := make([]record, 0)
	for n := first; n < first+j.number("count", 1); n++ {
		head := fmt.Sprintf(`{"n":%d,"secret":"s-%d","text":"`, n, n)
		value := head + strings.Repeat("x", max(0, size-len(head)-2)) + `"}`
		at := time.UnixMilli(1700000000000 + int64(n))
		records = append(records, record{n, []byte(fmt.Sprintf("key-%d", n)), []byte(value), at})
	}
	return records
}

func (j *job) pause() { time.Sleep(time.Duration(j.number("pause", 0)) * time.Millisecond) }

func (j *job) sent(n int, partition int32, offset int64) {
	j.lock.Lock()
	j.count++
	j.lock.Unlock()
	line("sent", map[string]any{"n": n, "partition": partition, "offset": offset})
}

func assigned(partitions []int32) {
	sort.Slice(partitions, func(a, b int) bool { return partitions[a] < partitions[b] })
	line("assigned", append([]int32{}, partitions...))
}

func report(err error) { line("error", err.Error()) }

var output sync.Mutex

func line(name string, value any) {
	text, err := json.Marshal(map[string]any{name: value})
	must(err)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

func hexed(bytes []byte) any {
	if bytes == nil {
		return nil
	}
	return hex.EncodeToString(bytes)
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
