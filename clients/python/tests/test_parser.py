"""The cases of the HTML standard's section on event streams, and cuts anywhere."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from sluicegate import Event, Parser, _pause  # noqa: E402


def events(stream, cut=None):
    parser = Parser()
    stream = stream if isinstance(stream, bytes) else stream.encode()
    chunks = [stream] if cut is None else [stream[at : at + cut] for at in range(0, len(stream), cut)]
    return [event for chunk in chunks for event in parser.feed(chunk)], parser


def data(stream):
    return [event.data for event in events(stream)[0]]


class ParserTest(unittest.TestCase):
    def test_the_examples_of_the_standard(self):
        self.assertEqual(data("data: YHOO\ndata: +2\ndata: 10\n\n"), ["YHOO\n+2\n10"])
        stream = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n"
        found, _ = events(stream)
        self.assertEqual([event.data for event in found], ["first event", "second event", " third event"])
        self.assertEqual([event.id for event in found], ["1", "", ""])
        self.assertEqual(data("data\n\ndata\ndata\n\ndata:"), ["", "\n"])
        self.assertEqual(data("data:test\n\ndata: test\n\n"), ["test", "test"])

    def test_line_ends_and_cuts(self):
        stream = "id: 7\r\ndata: a\rdata: b\ndata: é\r\n\r\nevent: x\rdata: c\r\r"
        whole = [Event("message", "a\nb\né", "7"), Event("x", "c", "7")]
        for cut in [None, 1, 2, 3, 5]:
            self.assertEqual(events(stream, cut)[0], whole, cut)

    def test_a_byte_order_mark_is_left_out_once(self):
        self.assertEqual(data(b"\xef\xbb\xbfdata: 1\n\n\xef\xbb\xbfdata: 2\n\ndata: 3\n\n"), ["1", "3"])

    def test_ids_hold_until_another_and_none_holds_null(self):
        found, parser = events("id: 1\n\ndata: a\n\nid: 2\0\ndata: b\n\nid: 3\n\n")
        self.assertEqual([event.id for event in found], ["1", "1"])
        self.assertEqual(parser.last_event_id, "3")
        # An id without the empty line behind it was not told yet.
        self.assertEqual(events("id: 1\n\nid: 2\n")[1].last_event_id, "1")

    def test_retry_is_digits(self):
        for text, value in [("1000", 1000), ("10x", None), ("", None), ("-1", None), ("¹", None)]:
            self.assertEqual(events(f"retry: {text}\n\n")[1].retry, value, text)

    def test_unknown_fields_and_broken_text(self):
        self.assertEqual(data("foo: 1\nDATA: 2\n data: 3\ndata: 4\n\n"), ["4"])
        self.assertEqual(data(b"data: \xff\n\n"), ["\ufffd"])
        self.assertEqual(data("data: not ended"), [])


class PauseTest(unittest.TestCase):
    def test_pauses_are_bounded_and_not_shorter_than_asked_for(self):
        for tries in [0, 1, 5, 1000]:
            for wait in [None, 0.5, 1000.0]:
                pause = _pause(tries, wait)
                self.assertGreaterEqual(pause, min(wait or 0, 60))
                self.assertLessEqual(pause, 120)


if __name__ == "__main__":
    unittest.main()
