"""Commands that start kernels of their own, and the one thing that may go wrong with those for no fault of ours."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

DIED = "Kernel died before replying to kernel_info"
"""What Jupyter says where another program was given a kernel's port between its choice and the kernel's start.

The tests beside this one open servers and kernels all the time. A test that meets this gets another go (see
`conftest.py`); nothing else does.
"""


def run(command: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder and return what it printed.

    Raises:
        RuntimeError: a kernel of the command found its port taken.
    """
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    if DIED in done.stdout + done.stderr:
        raise RuntimeError(f"{DIED}: {' '.join(command)}")
    return done
