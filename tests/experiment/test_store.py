"""The store: durable, shared, salvaged when damaged."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import agentkit as ak
from agentkit.backends.protocol import Reply
from agentkit.errors import StoreError
from agentkit.experiment.record import Call, Failure
from agentkit.experiment.store import Store
from tests.server import MessagesServer

KEYS = [f"{number:064x}" for number in range(200)]
REQUEST: dict[str, Any] = {
    "model": "m",
    "max_tokens": 9,
    "system": "You are long. " * 300,
    "messages": [{"role": "user", "content": "a"}],
}


def call(key: str, text: str = "x" * 100) -> Call:
    return Call(
        key, "v", "s", 1, REQUEST, Reply(text, "end_turn", "m", 3, 4, 5, 6, 0.25, (), {"id": 1}), 0.5, "scripted"
    )


def fill(path: Path, keys: list[str]) -> None:
    async def main() -> None:
        with Store(path) as store:
            await asyncio.gather(*(store.put(call(key)) for key in keys))

    asyncio.run(main())


def loaded(path: Path, keys: list[str]) -> tuple[dict[str, Call], tuple[str, ...]]:
    with Store(path) as store:
        return asyncio.run(store.load(keys)), store.damage


def test_what_was_put_comes_back_the_same(tmp_path: Path) -> None:
    fill(tmp_path / "s.db", KEYS[:3])
    found, damage = loaded(tmp_path / "s.db", KEYS)
    assert sorted(found) == KEYS[:3]
    assert found[KEYS[0]].reply == call(KEYS[0]).reply
    assert found[KEYS[0]].cost_usd == 0.5
    assert damage == ()


def test_a_shared_prompt_is_kept_once(tmp_path: Path) -> None:
    fill(tmp_path / "s.db", KEYS[:10])
    small = (tmp_path / "s.db").stat().st_size
    fill(tmp_path / "s.db", KEYS)
    assert ((tmp_path / "s.db").stat().st_size - small) / 190 < 1000
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT count(*) FROM texts").fetchone() == (3,)


def test_errors_stand_beside_results_and_are_no_answers(tmp_path: Path) -> None:
    async def main() -> tuple[tuple[str, ...], dict[str, Call]]:
        with Store(tmp_path / "s.db") as store:
            await store.put_failure(Failure(KEYS[0], "v", "s", 1, "server", "broken", 500, 3))
            return (await store.claim(KEYS[:1])).granted, await store.load(KEYS[:1])

    granted, found = asyncio.run(main())
    assert granted == (KEYS[0],)
    assert found == {}
    with sqlite3.connect(tmp_path / "s.db") as connection:
        assert connection.execute("SELECT kind, status, attempts FROM errors").fetchall() == [("server", 500, 3)]


def test_claims_of_a_living_run_hold_and_end_with_it(tmp_path: Path) -> None:
    async def main() -> None:
        with Store(tmp_path / "s.db") as first, Store(tmp_path / "s.db") as second:
            assert (await first.claim(KEYS[:2])).granted == tuple(KEYS[:2])
            both = await second.claim(KEYS[:3])
            assert (both.granted, both.busy) == ((KEYS[2],), tuple(KEYS[:2]))
            await first.put(call(KEYS[0]))
            later = await second.claim(KEYS[:2])
            assert (list(later.done), later.busy) == ([KEYS[0]], (KEYS[1],))
            first.close()
            assert (await second.claim(KEYS[:2])).granted == (KEYS[1],)

    asyncio.run(main())


def test_claims_of_a_killed_process_are_free_at_once(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, time\nfrom agentkit.experiment.store import Store\n"
        "store = Store(sys.argv[1])\nasyncio.run(store.claim([sys.argv[2]]))\nprint('claimed', flush=True)\n"
        "time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "s.db"), KEYS[0]], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "claimed\n"
    with Store(tmp_path / "s.db") as store:
        assert asyncio.run(store.claim(KEYS[:1])).busy == (KEYS[0],)
        child.kill()
        child.wait()
        assert asyncio.run(store.claim(KEYS[:1])).granted == (KEYS[0],)


RUN = """
import asyncio, json, sys
import agentkit as ak

class Plain:
    # A door with nothing behind it but a socket: such a process starts in a blink, and can be killed often.
    name, fidelity = "plain", "bare"

    async def resolve_model(self, model):
        return model or "m"

    async def send(self, request):
        reader, writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
        body = json.dumps(dict(request)).encode()
        writer.write(b"POST /v1/messages HTTP/1.1\\r\\nhost: x\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(body) + body)
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\\r\\n")[0])
        reply = json.loads(await reader.readexactly(length))
        writer.close()
        return ak.Reply(reply["content"][0]["text"], reply["stop_reason"], reply["model"])

    async def aclose(self):
        pass

results = ak.run({"a": "A", "b": "B"}, [f"p{n}" for n in range(100)], backend=Plain(), store=sys.argv[2],
                 concurrency=8, progress=False)
print(results.reused, len(results.errors), len(results))
"""


def test_kill_9_loses_nothing_that_was_finished_and_repeats_only_what_was_out(
    tmp_path: Path, server: MessagesServer
) -> None:
    """Each process is killed at a random moment; what it had paid for is counted at the server."""
    server.latency_s = 0.02
    command = [sys.executable, "-c", RUN, server.url.rpartition(":")[2], str(tmp_path / "s.db")]
    chance = random.Random(5)
    kills = 0
    for _ in range(10):
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        aim = len(server.paid) + chance.randrange(1, 20)
        deadline = time.monotonic() + 30
        while len(server.paid) < aim and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.random() * 0.03)
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
            kills += 1
        child.wait()
    subprocess.run(command, check=True)
    served = Counter((body["system"], body["messages"][0]["content"]) for body in server.paid)
    assert kills > 4
    assert len(served) == 200
    assert sum(served.values()) - 200 <= 8 * kills
    before = len(server.calls)
    again = subprocess.run(command, check=True, capture_output=True, text=True)
    assert again.stdout == "200 0 200\n"
    assert len(server.calls) == before


def test_a_store_cut_short_keeps_what_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    fill(path, KEYS)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 3 // 4])
    found, damage = loaded(path, KEYS)
    assert 0 < len(found) < 200
    assert all(one.reply == call(key).reply for key, one in found.items())
    assert "damaged" in damage[0]
    assert len(list(tmp_path.glob("s.db.damaged-*"))) == 1
    fill(path, KEYS)
    assert len(loaded(path, KEYS)[0]) == 200


def test_a_store_with_torn_pages_keeps_what_is_readable(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    fill(path, KEYS)
    torn = bytearray(path.read_bytes())
    for page in range(8, len(torn) // 4096, 5):
        torn[page * 4096 : (page + 1) * 4096] = os.urandom(4096)
    path.write_bytes(bytes(torn))
    results = ak.run("X", ["a"], backend=ak.Scripted("fine"), store=path, progress=False)
    assert results[0].output == "fine"
    found, _ = loaded(path, KEYS)
    assert all(one.reply.output == "x" * 100 for one in found.values())


def test_a_file_of_rubbish_is_put_aside(tmp_path: Path) -> None:
    path = tmp_path / "s.db"
    path.write_bytes(b"this is no database at all" * 500)
    found, damage = loaded(path, KEYS)
    assert found == {}
    assert "nothing more of it can be read" in damage[1]


def test_a_foreign_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a store of agentkit"):
        Store(path)
    assert path.read_bytes() == before


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    fill(tmp_path / "s.db", KEYS[:1])
    with sqlite3.connect(tmp_path / "s.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="later agentkit"):
        Store(tmp_path / "s.db")


@pytest.mark.parametrize("name", ["", "file.txt/s.db"])
def test_a_place_that_cannot_be_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(StoreError):
        Store(tmp_path / name)


def test_a_full_disk_stops_the_run_and_keeps_the_store_sound(tmp_path: Path) -> None:
    """SQLite's own limit of pages gives the very error of a full disk."""
    path = tmp_path / "s.db"
    fill(path, KEYS[:5])

    async def main() -> None:
        with Store(path) as store:
            pages = await store.ask(lambda rows: rows.connection.execute("PRAGMA page_count").fetchone()[0])
            await store.ask(lambda rows: rows.connection.execute(f"PRAGMA max_page_count = {pages + 1}").fetchone())
            with pytest.raises(StoreError, match="full") as caught:
                await asyncio.gather(*(store.put(call(key)) for key in KEYS[5:]))
            assert "make room" in str(caught.value)

    asyncio.run(main())
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(KEYS[:5]) <= set(loaded(path, KEYS)[0])


def test_one_bad_call_does_not_take_its_neighbours_with_it(tmp_path: Path) -> None:
    async def main() -> list[Any]:
        with Store(tmp_path / "s.db") as store:
            bad = call(KEYS[1], "\ud800")
            works = [store.put(one) for one in (call(KEYS[0]), bad, call(KEYS[2]))]
            return await asyncio.gather(*works, return_exceptions=True)

    first, second, third = asyncio.run(main())
    assert first is third is None
    assert isinstance(second, Exception)
    assert sorted(loaded(tmp_path / "s.db", KEYS[:3])[0]) == [KEYS[0], KEYS[2]]
