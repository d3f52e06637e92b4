"""Which backend a run uses when none is named."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from agentkit.backends.protocol import Backend
from agentkit.errors import PlanError

_VARIABLES = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_PROFILE")
_FEDERATION = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")
_NAMES = ("messages", "embedded")


def choose(backend: Backend | str | None = None) -> Backend:
    """Return the backend to use: the one given; `Messages` where credentials are found; otherwise `Embedded`.

    Args:
        backend: A backend, `"messages"` or `"embedded"`, or None to have one chosen.

    `AGENTKIT_BACKEND` holds the name to use where None is given. Credentials are looked for where the SDK looks
    (environment, federation, profiles on disk), without importing it.
    An `ANTHROPIC_BASE_URL` alone counts too: it names a server, and that server may ask for no key.

    Raises:
        PlanError: it is none of these.
    """
    if backend is None:
        backend = os.environ.get("AGENTKIT_BACKEND") or ("messages" if has_credentials() else None)
    if backend is None:
        from agentkit.backends.embedded import Embedded

        return Embedded(because="no credentials were found")
    if backend == "messages":
        from agentkit.backends.messages import Messages

        return Messages()
    if backend == "embedded":
        from agentkit.backends.embedded import Embedded

        return Embedded()
    if isinstance(backend, str) or not callable(getattr(backend, "send", None)):
        accepted = f"a backend such as ak.Messages(), or one of {', '.join(map(repr, _NAMES))}"
        raise PlanError("no such backend", received=backend, accepted=accepted)
    return backend


def has_credentials() -> bool:
    """Return whether the SDK would find credentials, by its own rules in their order."""
    if any(os.environ.get(name) for name in _VARIABLES):
        return True
    identity = os.environ.get("ANTHROPIC_IDENTITY_TOKEN") or os.environ.get("ANTHROPIC_IDENTITY_TOKEN_FILE")
    if identity and all(os.environ.get(name) for name in _FEDERATION):
        return True
    folder = _config_folder()
    try:
        profile = (folder / "active_config").read_text().strip() or "default"
    except OSError:
        profile = "default"
    return (folder / "configs" / f"{profile}.json").is_file()


def _config_folder() -> Path:
    if given := os.environ.get("ANTHROPIC_CONFIG_DIR"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming") / "Anthropic"
    return Path.home() / ".config" / "anthropic"
