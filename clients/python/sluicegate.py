"""Follow an endpoint of a Sluicegate gateway over Server-Sent Events. Standard library only.

    import os, sluicegate
    url = "http://127.0.0.1:8080/v1/endpoints/orders/events"
    for event in sluicegate.follow(url, secret=os.environ["SLUICEGATE_SECRET"], start="earliest"):
        print(event.json()["value"])

Broken connections are opened again where they were; what an endpoint's owner or the gateway refuses
for good is raised as `Problem`. The parser follows the HTML standard, section 9.2.6.
"""

from __future__ import annotations

import argparse
import codecs
import http.client
import json
import os
import random
import ssl
import sys
import time
from dataclasses import dataclass
from typing import Any, Dict, Iterator, List, Optional
from urllib.parse import urlencode, urlsplit

__all__ = ["Event", "Parser", "Problem", "follow"]

#: Seconds without a byte after which a connection counts as lost; the gateway says something every 15.
SILENT_MAX = 45.0
#: Seconds to wait before the first new try, unless the gateway says otherwise.
RETRY = 2.0
#: Seconds to wait at most.
RETRY_MAX = 60.0
#: Bytes of a problem document that are read.
PROBLEM_BYTES_MAX = 64 * 1024
#: Statuses after which it is worth trying again.
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Problem(Exception):
    """A refusal that does not pass: an RFC 9457 problem document."""

    def __init__(self, status: int, document: Dict[str, Any]):
        self.status = status
        self.document = document
        #: The stable name, such as `endpoint_not_found`.
        self.code: str = str(document.get("code", "unknown"))
        detail = document.get("detail") or document.get("title") or "no reason was given"
        super().__init__(f"{status} {self.code}: {detail}")


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    #: Its type; `message` unless the stream says otherwise.
    type: str
    #: Its text.
    data: str
    #: The last id of the stream: where to go on after this event or, at worst, a little before.
    id: str

    def json(self) -> Any:
        """The text as JSON: with `format=record`, an object with `partition`, `offset`, `value`, …"""
        return json.loads(self.data)


class Parser:
    """Takes the bytes of an event stream, gives its events."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun = False
        self._skip_lf = False
        self._line: List[str] = []
        self._data: List[str] = []
        self._type = ""
        #: The last id that was told.
        self.last_event_id = ""
        self._id = ""
        #: Milliseconds that the stream asks to wait before a new connection.
        self.retry: Optional[int] = None

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Takes bytes, cut anywhere."""
        text = self._decoder.decode(chunk)
        if text and not self._begun:
            self._begun = True
            text = text[1:] if text.startswith("\ufeff") else text
        start = 0
        for at, letter in enumerate(text):
            if letter not in "\r\n":
                continue
            if letter == "\n" and self._skip_lf and at == start:
                self._skip_lf = False
                start = at + 1
                continue
            self._line.append(text[start:at])
            start = at + 1
            self._skip_lf = letter == "\r"
            line, self._line = "".join(self._line), []
            event = self._take(line)
            if event:
                yield event
        if start < len(text):
            self._skip_lf = False
            self._line.append(text[start:])

    def _take(self, line: str) -> Optional[Event]:
        if not line:
            return self._dispatch()
        name, colon, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if colon and not name:
            return None
        if name == "event":
            self._type = value
        elif name == "data":
            self._data.append(value)
        elif name == "id" and "\0" not in value:
            self._id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value)
        return None

    def _dispatch(self) -> Optional[Event]:
        self.last_event_id = self._id
        data, kind = self._data, self._type
        self._data, self._type = [], ""
        if not data:
            return None
        return Event(kind or "message", "\n".join(data), self._id)


def follow(
    url: str,
    *,
    secret: Optional[str] = None,
    ticket: Optional[str] = None,
    start: str = "latest",
    last_event_id: str = "",
    format: str = "record",
    context: Optional[ssl.SSLContext] = None,
) -> Iterator[Event]:
    """Gives the events of an endpoint for as long as somebody asks for them.

    `secret` is the application's (or a token of its issuer); `start` is `earliest`, `latest`, an RFC
    3339 time or a cursor; `last_event_id` counts more. An event may come again after a broken
    connection: its `partition` and `offset` tell. Raises `Problem` for refusals that do not pass.
    """
    tries = 0
    while True:
        wait: Optional[float] = None
        connection = None
        try:
            connection = _connect(url, context)
            query = {"from": start, "format": format}
            if ticket:
                query["ticket"] = ticket
            response = _ask(connection, url, query, secret, last_event_id)
            if response.status != 200:
                problem, wait = _refusal(response)
                if problem.status not in PASSING:
                    raise problem
            else:
                parser = Parser()
                parser._id = last_event_id
                while True:
                    chunk = response.read1(64 * 1024)
                    if not chunk:
                        break
                    for event in parser.feed(chunk):
                        if event.type == "error":
                            document = event.json()
                            status = int(document.get("status", 500))
                            if status not in PASSING:
                                raise Problem(status, document)
                            continue
                        tries = 0
                        yield event
                    last_event_id = parser.last_event_id or last_event_id
                    if parser.retry is not None:
                        wait = parser.retry / 1000
        except (OSError, http.client.HTTPException):
            pass  # Broken, or not there: it is tried again.
        finally:
            if connection is not None:
                connection.close()
        time.sleep(_pause(tries, wait))
        tries += 1


def _connect(url: str, context: Optional[ssl.SSLContext]) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme == "https":
        context = context or ssl.create_default_context()
        return http.client.HTTPSConnection(parts.netloc, timeout=SILENT_MAX, context=context)
    if parts.scheme == "http":
        return http.client.HTTPConnection(parts.netloc, timeout=SILENT_MAX)
    raise ValueError("the address begins with https:// or http://")


def _ask(
    connection: http.client.HTTPConnection,
    url: str,
    query: Dict[str, str],
    secret: Optional[str],
    last_event_id: str,
) -> http.client.HTTPResponse:
    headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    if secret:
        headers["Authorization"] = f"Bearer {secret}"
    if last_event_id:
        headers["Last-Event-ID"] = last_event_id
    connection.request("GET", f"{urlsplit(url).path}?{urlencode(query)}", headers=headers)
    return connection.getresponse()


def _refusal(response: http.client.HTTPResponse) -> "tuple[Problem, Optional[float]]":
    try:
        document = json.loads(response.read(PROBLEM_BYTES_MAX))
    except (ValueError, OSError, http.client.HTTPException):
        document = {}
    if not isinstance(document, dict):
        document = {}
    after = response.headers.get("Retry-After", "")
    wait = float(after) if after.isascii() and after.isdigit() else None
    return Problem(response.status, document), wait


def _pause(tries: int, wait: Optional[float]) -> float:
    """Full jitter over a doubling bound, and never before what the gateway asked for."""
    least = min(wait if wait is not None else 0.0, RETRY_MAX)
    return least + random.uniform(0, min(RETRY * 2 ** min(tries, 10), RETRY_MAX))


def _main() -> int:
    parser = argparse.ArgumentParser(
        prog="python3 -m sluicegate",
        description="Print an endpoint's events, a line each. The secret is read from the "
        "environment's SLUICEGATE_SECRET.",
    )
    parser.add_argument("url", help="such as http://127.0.0.1:8080/v1/endpoints/orders/events")
    parser.add_argument("--from", dest="start", default="latest", help="earliest, latest, a time or a cursor")
    parser.add_argument("--format", default="record", choices=["record", "value"])
    arguments = parser.parse_args()
    secret = os.environ.get("SLUICEGATE_SECRET")
    try:
        for event in follow(arguments.url, secret=secret, start=arguments.start, format=arguments.format):
            print(event.data, flush=True)
    except Problem as problem:
        print(f"sluicegate: {problem}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    return 0


if __name__ == "__main__":
    sys.exit(_main())
