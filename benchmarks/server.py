"""A server that costs as little as possible, in a process of its own: what is measured against it is the client.

    python benchmarks/server.py --latency-s 0.3

prints its address and answers every POST of any path with one Messages reply of 1.5 KB, `GET /counts` with how many it
answered, and ends when its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

WORDS = "The route validates its input first, then asks the store, and answers with the row it wrote. "


def reply_body(size: int) -> bytes:
    message = {
        "id": "msg_0001",
        "type": "message",
        "role": "assistant",
        "model": "bench",
        "content": [{"type": "text", "text": (WORDS * (size // len(WORDS) + 1))[:size]}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 900,
            "output_tokens": 375,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "service_tier": "standard",
        },
    }
    return json.dumps(message).encode()


class Counts:
    messages = 0
    most_in_flight = 0
    in_flight = 0


class Connection(asyncio.Protocol):
    """One client connection: counts bytes of the body and never parses it."""

    def __init__(self, answer: bytes, latency_s: float) -> None:
        self.answer = answer
        self.latency_s = latency_s
        self.buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end].lower()
            length = 0
            if (at := head.find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self.buffer) < end + 4 + length:
                return
            self.buffer = self.buffer[end + 4 + length :]
            if head.startswith(b"get /counts"):
                self.transport.write(response(json.dumps(vars_of(Counts)).encode()))
            elif head.startswith(b"get "):
                self.transport.write(response(b'{"data": [], "has_more": false}'))
            else:
                Counts.in_flight += 1
                Counts.most_in_flight = max(Counts.most_in_flight, Counts.in_flight)
                if self.latency_s:
                    asyncio.get_running_loop().call_later(self.latency_s, self.done)
                else:
                    self.done()

    def done(self) -> None:
        Counts.in_flight -= 1
        Counts.messages += 1
        if not self.transport.is_closing():
            self.transport.write(self.answer)


def vars_of(counts: type[Counts]) -> dict[str, int]:
    return {"messages": counts.messages, "most_in_flight": counts.most_in_flight}


def response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_1\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


async def serve(latency_s: float, size: int) -> None:
    loop = asyncio.get_running_loop()
    answer = response(reply_body(size))
    server = await loop.create_server(lambda: Connection(answer, latency_s), "127.0.0.1", 0, backlog=2048)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-s", type=float, default=0.0)
    parser.add_argument("--size", type=int, default=1500, help="characters of the reply's text")
    given = parser.parse_args()
    asyncio.run(serve(given.latency_s, given.size))
