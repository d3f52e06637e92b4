"""The one line that says how far a run is."""

from __future__ import annotations

import io

from agentkit.experiment.progress import Lines, Meter, Progress


def at(**fields: object) -> Progress:
    values: dict[str, object] = dict.fromkeys(Progress.__slots__, 0)
    return Progress(**{**values, "cost_usd": 0.0, "left_s": None, "finished": False, **fields})  # type: ignore[arg-type]


def test_the_line_tells_what_there_is_to_tell() -> None:
    now = at(total=900, done=300, reused=100, failed=2, running=64, input_tokens=270_000, output_tokens=9_000,
             cost_usd=0.5, left_s=130.0)  # fmt: skip
    assert now.line == (
        "300/900 done, 100 reused, 2 failed, 64 running, 270k tokens in, 9,000 tokens out, $0.5000, about 2 min left"
    )
    assert now.left == 598
    assert at(total=1, done=1, elapsed_s=3725.0, finished=True).line == "1/1 done, in 1 h 2 min"
    assert "paused 30 s at the server's wish" in at(total=1, paused_s=30.0).line


def test_a_log_gets_few_lines_and_the_last() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    for second in range(40):
        lines.show(at(total=9, done=1, elapsed_s=float(second)))
    lines.show(at(total=9, done=9, finished=True))
    assert stream.getvalue().count("\n") == 3


def test_a_terminal_line_is_redrawn_and_cleared() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    lines = Lines(stream)
    lines.show(at(total=9, done=1, elapsed_s=0.5))
    assert stream.getvalue() == ""
    lines.show(at(total=9, done=1, elapsed_s=2.0))
    lines.show(at(total=9, done=9, finished=True))
    assert stream.getvalue().startswith("\r1/9 done")
    assert stream.getvalue().endswith("\ragentkit: 9/9 done, in 0.0 s\n")


def test_a_closed_stream_stops_no_run() -> None:
    stream = io.StringIO()
    lines = Lines(stream)
    stream.close()
    lines.show(at(finished=True))
    lines.show(at(finished=True))


def test_an_unknown_price_makes_the_sum_unknown() -> None:
    meter = Meter(3)
    meter.spent(10, 5, 0.5)
    meter.spent(10, 5, None)
    meter.spent(10, 5, 0.5)
    now = meter.now()
    assert (now.input_tokens, now.output_tokens, now.cost_usd) == (30, 15, None)
