"""What happens beside a run: its progress is shown, and what comes after it is made ready."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
import threading
from collections.abc import Callable

from agentkit.backends.imports import collector_paused
from agentkit.experiment.calling import Caller
from agentkit.experiment.progress import TICK_S, Meter, Progress


def import_meanwhile() -> None:
    """Import pandas while replies are waited for: the frame, which comes next, is then there at once."""
    if "pandas" not in sys.modules and "pandas" not in _importing:
        _importing.add("pandas")

        def work() -> None:
            with contextlib.suppress(ImportError), collector_paused():
                importlib.import_module("pandas")

        threading.Thread(target=work, name="agentkit-import", daemon=True).start()


_importing: set[str] = set()


async def report(
    meter: Meter, caller: Caller | None, show: Callable[[Progress], None], every_s: float = TICK_S
) -> None:
    """Show where a run is, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(every_s)
        if caller is not None and caller.slow:
            import_meanwhile()
        running = caller.limiter.running if caller is not None else 0
        paused = max(0.0, caller.limiter.paused_until - loop.time()) if caller is not None else 0.0
        show(meter.now(running, paused))
