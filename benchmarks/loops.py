"""The contenders, each a whole process: what a user would write, the same on aiohttp, and agentkit.

    python benchmarks/loops.py plain http://127.0.0.1:8000 --trials 900 --folder /tmp/x

Each sends the same requests (a system prompt of 900 tokens, samples that differ), puts the replies into a DataFrame and
writes it to a CSV file. agentkit also makes each reply durable before it goes on.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

SYSTEM = "You review the routes of a web service and say what is missing. " * 56
"""About 900 tokens."""


def question(number: int) -> str:
    return f"Route {number}: POST /orders/{number} writes a row and answers 201. What is missing?"


def loop(url: str, trials: int, concurrency: int, folder: Path, aiohttp: bool) -> None:
    import anthropic
    import pandas as pd

    async def whole() -> list[dict[str, object]]:
        http_client = anthropic.DefaultAioHttpClient() if aiohttp else None
        client = anthropic.AsyncAnthropic(base_url=url, api_key="k", http_client=http_client)
        gate = asyncio.Semaphore(concurrency)

        async def one(number: int) -> dict[str, object]:
            async with gate:
                message = await client.messages.create(
                    model="bench",
                    max_tokens=1024,
                    system=SYSTEM,
                    messages=[{"role": "user", "content": question(number)}],
                )
            return {
                "sample": number,
                "output": message.content[0].text,
                "stop_reason": message.stop_reason,
                "input_tokens": message.usage.input_tokens,
                "output_tokens": message.usage.output_tokens,
            }

        rows = await asyncio.gather(*(one(number) for number in range(trials)))
        await client.close()
        return rows

    frame = pd.DataFrame(asyncio.run(whole()))
    frame.to_csv(folder / "out.csv")
    assert len(frame) == trials


def agentkit(url: str, trials: int, concurrency: int, folder: Path) -> None:
    import agentkit as ak

    results = ak.run(
        {"bench": SYSTEM},
        [question(number) for number in range(trials)],
        model="bench",
        max_tokens=1024,
        backend=ak.Messages(url, "k"),
        store=folder / "store.db",
        concurrency=concurrency,
        progress=False,
    )
    results.to_csv(folder / "out.csv")
    assert len(results.frame) == trials
    assert not results.frame["error"].notna().any()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("who", choices=["plain", "aiohttp", "agentkit"])
    parser.add_argument("url")
    parser.add_argument("--trials", type=int, default=900)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    if given.who == "agentkit":
        agentkit(given.url, given.trials, given.concurrency, given.folder)
    else:
        loop(given.url, given.trials, given.concurrency, given.folder, given.who == "aiohttp")
