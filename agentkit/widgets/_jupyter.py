"""Where a file is for the Jupyter server that started this kernel."""

from __future__ import annotations

import json
import os
from functools import lru_cache
from pathlib import Path


@lru_cache(maxsize=1)
def root() -> Path | None:
    """Return the folder that the server of this kernel serves; None where that cannot be told."""
    from jupyter_core.paths import jupyter_runtime_dir

    for number in (os.environ.get("JPY_PARENT_PID", ""), str(os.getppid())):
        if number.isdigit():
            try:
                told = json.loads((Path(jupyter_runtime_dir()) / f"jpserver-{number}.json").read_text("utf-8"))
                return Path(told["root_dir"]).expanduser()
            except (OSError, ValueError, KeyError, TypeError):
                continue
    return None


def opening(path: Path | None, served: Path | None) -> dict[str, str]:
    """Return how JupyterLab opens a file: its `path` for the server, and a `note` to the reader.

    Args:
        path: The file; None where there is none.
        served: The folder that the server serves; None where it is not known.

    Returns:
        Without `path` where JupyterLab cannot open the file.

    >>> opening(Path("/home/me/agents/a.md"), Path("/home/me"))
    {'path': 'agents/a.md', 'note': ''}
    >>> opening(Path("/tmp/a.md"), Path("/home/me"))["note"]
    "JupyterLab's editor cannot open this file: it is outside /home/me, the folder that the server shows."
    """
    if path is None or served is None:
        return {}
    for file, folder in ((path.absolute(), served.absolute()), (path.resolve(), served.resolve())):
        if file.is_relative_to(folder):
            parts = file.relative_to(folder).parts
            hidden = any(part.startswith(".") for part in parts)
            note = "It is in a hidden folder: JupyterLab opens it only if ContentsManager.allow_hidden is on."
            return {"path": "/".join(parts), "note": note if hidden else ""}
    return {
        "note": f"JupyterLab's editor cannot open this file: it is outside {served}, the folder that the server shows."
    }
