"""Execute a notebook from start to end in its own kernel, in its own folder, with progress told cell by cell."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agentkit.errors import NotebookError, StaleCassette

if TYPE_CHECKING:
    from jupyter_client.asynchronous.client import AsyncKernelClient
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient
    from nbformat import NotebookNode

_AT_ONCE = "immediate"
"""nbclient's word for a kernel that is not asked; only an interrupt sets it."""

Progress = Callable[[int, int, str], None]
"""Called before each code cell: its number from 1, how many there are, its first line."""


def read(path: Path) -> NotebookNode:
    """Read a notebook file.

    Raises:
        NotebookError: there is no such file, or it is not a notebook.
    """
    import nbformat

    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotebookError(f"{path} cannot be read: {error}", hint="name an .ipynb file that exists") from error
    try:
        return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call, no-any-return]
    except Exception as error:  # nbformat raises whatever its JSON and schema layers raise
        raise NotebookError(f"{path} is not a notebook: {error}", accepted="a Jupyter notebook, format 4") from error


def execute(
    path: Path,
    *,
    environment: Mapping[str, str | None] | None = None,
    progress: Progress | None = None,
) -> NotebookNode:
    """Execute a notebook in a fresh kernel whose folder is the notebook's own, and return it with its new outputs.

    The file itself is not written. Outputs and execution counts are new; cell ids and metadata stay, without the times
    and widget states that would differ at each execution.

    Args:
        path: The notebook file.
        environment: Variables of the kernel on top of this process's own; None as a value takes one away.
        progress: Told before each code cell.

    Raises:
        NotebookError: a cell raised, or ended its kernel: the error names the cell and holds the notebook as far as it
            came (`.notebook`). Or no kernel could be started.
        StaleCassette: a cell asked for a call that is not recorded.
        KeyboardInterrupt: it was interrupted; the kernel is shut down.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from nbclient.util import run_sync

    notebook = read(path)
    numbers = {index: number for number, index in enumerate(_code_cells(notebook), start=1)}
    begun: list[int] = []
    running: list[Any] = []

    def started(cell: Any, cell_index: int) -> None:
        begun.append(numbers.get(cell_index, 0))
        client, task = running
        _on_interrupt(client, task)
        if progress is not None and cell_index in numbers:
            first = next((line for line in cell.source.splitlines() if line.strip()), "")
            progress(numbers[cell_index], len(numbers), first)

    async def all_cells() -> None:
        manager, channels = await _start_kernel(path, _kernel_environment(environment or {}))
        client = NotebookClient(
            notebook, km=manager, timeout=None, record_timing=False, store_widget_state=False, on_cell_start=started
        )
        client.kc = channels
        running[:] = client, asyncio.current_task()
        await client.async_execute(cleanup_kc=True)

    try:
        run_sync(all_cells)()
    except CellExecutionError as error:
        raise _explained(path, notebook, error) from None
    except (DeadKernelError, asyncio.CancelledError) as error:  # nbclient takes the one for the other
        if running[0].shutdown_kernel == _AT_ONCE:
            raise KeyboardInterrupt from None
        place = _place(path, begun[-1], len(numbers))
        why = "its kernel ended: out of memory, or code of the cell ended it"
        raise NotebookError(f"{place}: {why}", hint=f"jupyter lab {path}", notebook=notebook) from error
    _drop_empty(notebook)
    return notebook


def write(notebook: NotebookNode, path: Path) -> None:
    """Write a notebook as one step: a reader sees the old file or the new one, never half of it."""
    import nbformat

    path.parent.mkdir(parents=True, exist_ok=True)
    text = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _on_interrupt(client: NotebookClient, task: asyncio.Task[Any]) -> None:
    """Have an interrupt end the task, so that its kernel is shut down on the way out.

    nbclient's own handler takes the kernel away while it is still waited for, which ends in a failed assertion.
    """

    def stop() -> None:
        client.shutdown_kernel = _AT_ONCE  # a kernel that is asked in the middle of a cell fails with much to say
        task.cancel()

    with suppress(RuntimeError):  # only the main thread's loop hears of signals, and none on Windows
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop)


async def _start_kernel(path: Path, environment: dict[str, str]) -> tuple[AsyncKernelManager, AsyncKernelClient]:
    """Start a kernel in the notebook's folder; one that ends before it answers is started again, twice at most.

    jupyter_client chooses a kernel's ports, and the kernel binds them a moment later: where another program was given
    one of them in between, the kernel ends at once. Jupyter's own restarter chooses others then, and so does this.
    """
    from jupyter_client.manager import start_new_async_kernel

    # The kernel speaks to this process alone; its warning about TCP on loopback would stand in every log.
    quiet = ["--IPKernelApp.log_level=ERROR", "--HistoryManager.hist_file=:memory:"]
    folder = str(path.parent.resolve())
    for _ in range(3):
        try:
            return await start_new_async_kernel(
                kernel_name="python3", extra_arguments=quiet, env=environment, cwd=folder
            )
        except RuntimeError as error:
            reason = error
            if "died before" not in str(error):
                break
    hint = "python -m ipykernel --version"
    raise NotebookError(f"{path.name}: no kernel could be started: {reason}", hint=hint) from reason


def _drop_empty(notebook: NotebookNode) -> None:
    """Take away outputs that show nothing: what is left of a progress line, only where a cell was slow."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [one for one in cell.outputs if one.output_type != "display_data" or one.data]


def _code_cells(notebook: NotebookNode) -> list[int]:
    return [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.source.strip()]


def _kernel_environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    environment = dict(os.environ)
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)
        else:
            environment[name] = value
    return environment


def _explained(path: Path, notebook: NotebookNode, error: Any) -> NotebookError | StaleCassette:
    numbers = _code_cells(notebook)
    failed = next(
        (
            number
            for number, index in enumerate(numbers, start=1)
            if any(output.output_type == "error" for output in notebook.cells[index].outputs)
        ),
        None,
    )
    place = _place(path, failed or 0, len(numbers))
    if error.ename == "StaleCassette":
        return StaleCassette(f"{place}: {error.evalue}", hint=f"agentkit record {path}")
    return NotebookError(f"{place} raised {error.ename}: {error.evalue}", hint=f"jupyter lab {path}", notebook=notebook)


def _place(path: Path, number: int, of: int) -> str:
    return f"{path.name}, code cell {number} of {of}" if number else path.name
