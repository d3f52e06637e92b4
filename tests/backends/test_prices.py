from __future__ import annotations

import subprocess
import sys

import pytest

import agentkit as ak
from agentkit.backends.prices import cost_usd, of_reply, rates


def library(model: str, batch: bool = False, **usage: int) -> float:
    """The same price, by the library's own arithmetic: it counts cached tokens among the input."""
    from genai_prices import Usage, calc_price

    whole = usage.get("input_tokens", 0) + usage.get("cache_read_tokens", 0) + usage.get("cache_write_tokens", 0)
    price = calc_price(
        Usage(**{**usage, "input_tokens": whole}),
        model_ref=model,
        provider_id="anthropic",
        price_context={"processing": "batch"} if batch else None,
    )
    return float(price.total_price)


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-5-5", "claude-fable-5-2"])
@pytest.mark.parametrize("prompt", [1_000, 99_990, 150_000, 600_000])
def test_it_is_what_the_library_says(model: str, prompt: int, batch: bool) -> None:
    usage = {"input_tokens": prompt, "output_tokens": 700, "cache_read_tokens": 300, "cache_write_tokens": 200}
    assert cost_usd(model, batch=batch, **usage) == pytest.approx(library(model, batch, **usage))


def test_a_batch_is_half_the_price_and_cached_input_a_tenth_or_less() -> None:
    standard, batch = rates("claude-opus-5-5"), rates("claude-opus-5-5", batch=True)
    assert standard is not None
    assert batch is not None
    assert (batch.input, batch.output) == (standard.input / 2, standard.output / 2)
    assert standard.cache_read <= standard.input / 10 < standard.input < standard.cache_write < standard.cache_write_1h


def test_unknown_is_none_and_free_is_zero() -> None:
    reply = ak.Reply(output="", stop_reason=None, model="some-local-model", input_tokens=5)
    assert of_reply(reply, backend="messages") is None
    assert of_reply(reply, backend="embedded") == of_reply(reply, backend="scripted") == 0.0


def test_what_a_reply_says_of_itself_counts() -> None:
    usage = {"output": "", "stop_reason": None, "model": "claude-sonnet-5-5", "input_tokens": 1000}
    plain = of_reply(ak.Reply(**usage), backend="messages")
    assert plain is not None
    assert of_reply(ak.Reply(**usage, extra={"service_tier": "batch"}), backend="messages") == plain / 2
    five = of_reply(ak.Reply(**usage, cache_write_tokens=1000), backend="messages")
    hour = of_reply(
        ak.Reply(**usage, cache_write_tokens=1000, extra={"cache_write_1h_tokens": 1000}), backend="messages"
    )
    assert five is not None
    assert hour is not None
    assert hour > five > plain


def test_the_library_is_not_imported_for_what_is_free() -> None:
    code = (
        "import sys; from agentkit.backends.prices import cost_usd; cost_usd('m', backend='embedded');"
        "print('genai_prices' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
