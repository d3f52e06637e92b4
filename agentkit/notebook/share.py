"""Put a notebook, its cassette, the files it reads and a standalone page into one folder, checked for secrets."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentkit.errors import DISTRIBUTION, NotebookError
from agentkit.experiment.exports import FRAMES_VARIABLE
from agentkit.notebook.execute import execute, write
from agentkit.notebook.export import notebook_page
from agentkit.notebook.named import files_of
from agentkit.notebook.record import environment
from agentkit.notebook.scan import Leak, scan


@dataclass(frozen=True, slots=True)
class Shared:
    """What was made."""

    path: Path
    """The folder, or the zip file."""
    page: str
    """The standalone page's path inside it."""
    files: tuple[str, ...]
    """Everything inside it, as relative paths."""


def share(notebook: Path, out: Path, *, archive: bool = False, allow_leaks: bool = False) -> Shared:
    """Make one folder (or zip file) that a colleague can read in a browser and replay without a key.

    The notebook is executed in replay first, so what is shared is what replays. What its code names comes along in
    the same places relative to it: definitions and samples; and from its own folder and below also modules it imports
    and other notebooks, with what those name.

    Args:
        notebook: The notebook; it is not changed.
        out: The folder to make, or the zip file to write when `archive` is set. It must not exist yet.
        archive: Write one zip file instead of a folder.
        allow_leaks: Share although the scanner found something.

    Raises:
        NotebookError: a cell raised, `out` exists, or a secret or a machine path was found; nothing was written.
        StaleCassette: a call is not recorded.
    """
    if out.exists():
        raise NotebookError(f"{out} exists already; nothing was written", hint="name another folder with --out")
    with tempfile.TemporaryDirectory(prefix="agentkit-") as scratch:
        stage, page = Path(scratch) / "stage", f"{notebook.stem}.html"
        _lay_out(notebook, stage, Path(scratch) / "frames", page)
        made = sorted(path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
        leaks = [leak for name in made for leak in scan(stage / name, name=name)]
        if leaks and not allow_leaks:
            raise NotebookError(
                f"{len(leaks)} thing(s) that should not leave this machine; nothing was written\n" + _listed(leaks),
                hint="take them out and record again, or share all the same with --allow-leaks",
            )
        out.parent.mkdir(parents=True, exist_ok=True)
        if archive:
            made_archive = shutil.make_archive(str(Path(scratch) / "archive"), "zip", stage)
            shutil.move(made_archive, out)
        else:
            shutil.move(str(stage), out)
    return Shared(out, page, tuple(made))


def _lay_out(notebook: Path, stage: Path, kept: Path, page: str) -> None:
    """Write everything that is shared into `stage`; `kept` is where the kernel leaves the frames of long tables."""
    kept.mkdir()
    beside = {FRAMES_VARIABLE: str(kept / f"{notebook.stem}.results")}
    executed = execute(notebook, environment={**environment(notebook, "replay"), **beside})
    wanted = files_of(notebook, executed)
    top = Path(os.path.commonpath([path.resolve().parent for path in wanted]))
    for path in wanted:
        place = stage / path.resolve().relative_to(top)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
    relative = notebook.resolve().relative_to(top)
    write(executed, stage / relative)
    frames = sorted(path.name for path in kept.iterdir())
    for name in frames:
        shutil.copyfile(kept / name, stage / name)
    (stage / page).write_text(notebook_page(executed, title=notebook.stem, frames=frames), encoding="utf-8")
    (stage / "requirements.txt").write_text(f"{DISTRIBUTION}>={_version()}\n", encoding="utf-8")
    (stage / "README.md").write_text(_readme(page, relative, frames), encoding="utf-8")


def _listed(leaks: list[Leak]) -> str:
    return "\n".join(f"  {leak.file}:{leak.line}: {leak.what}" for leak in leaks[:20])


def _readme(page: str, notebook: Path, frames: Sequence[str]) -> str:
    listed = ", ".join(f"`{name}`" for name in frames)
    return (
        f"Open `{page}` in a browser: it needs nothing else.\n\n"
        + (f"Its tables show the first samples; all of them are in {listed}.\n\n" if frames else "")
        + "To replay it without a key:\n\n"
        "```sh\n"
        "pip install -r requirements.txt\n"
        f"pytest --nbval {notebook.as_posix()}\n"
        "```\n"
    )


def _version() -> str:
    from importlib.metadata import version

    return version(DISTRIBUTION)
