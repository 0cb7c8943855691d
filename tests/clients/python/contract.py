"""What the Python programs share of the command contract (../README.md): flags, options, lines.

It knows no client library."""

import hashlib
import json
import os
import sys
import time


class Flags(dict):
    """`--name value` pairs of the command line."""

    def __init__(self, args):
        super().__init__(zip((name[2:] for name in args[::2]), args[1::2]))

    def number(self, name, otherwise):
        return int(self.get(name, otherwise))


def options():
    """The file of `$CLIENT_OPTIONS`: `key=value` lines."""
    path = os.environ.get("CLIENT_OPTIONS")
    if not path:
        return {}
    with open(path, encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file if "=" in line)


def line(**fields):
    print(json.dumps(fields), flush=True)


def report(error):
    line(error=f"{type(error).__name__}: {error}")


def record(partition, offset, timestamp, key, value, headers):
    hexed = [[name, None if v is None else bytes(v).hex()] for name, v in headers or []]
    sha = None if value is None else hashlib.sha256(value).hexdigest()
    key = None if key is None else bytes(key).hex()
    line(record={"partition": partition, "offset": offset, "timestamp": timestamp,
                 "key": key, "value": sha, "headers": hexed})


def records(flags):
    """What `produce` sends: (n, key, value, headers, timestamp)."""
    first = flags.number("first", 0)
    for n in range(first, first + flags.number("count", 1)):
        head = f'{{"n":{n},"secret":"s-{n}","text":"'
        value = head + "x" * (flags.number("size", 0) - len(head) - 2) + '"}'
        yield n, f"key-{n}".encode(), value.encode(), [("n", str(n).encode())], 1700000000000 + n


class Progress:
    """When a `consume` has seen enough."""

    def __init__(self, flags):
        self.wanted = flags.number("count", 1)
        self.settle = flags.number("settle", 500) / 1000
        self.deadline = time.monotonic() + flags.number("timeout", 30)
        self.count = 0
        self.last = time.monotonic()

    def took(self, *fields):
        record(*fields)
        self.count += 1
        self.last = time.monotonic()

    def goes_on(self):
        now = time.monotonic()
        return now < self.deadline and (self.count < self.wanted or now - self.last <= self.settle)

    def end(self):
        line(end={"count": self.count})


def main(version, consume, produce):
    """Runs the verb of the command line; both take the flags."""
    verb, flags = sys.argv[1], Flags(sys.argv[2:])
    if verb == "version":
        line(version=version)
    elif verb == "consume":
        consume(flags)
    elif verb == "produce":
        produce(flags)
    else:
        sys.exit(f"what is {verb}?")
