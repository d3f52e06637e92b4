"""A trial's identity: a tagged hash of the request it sends, and of which repeat it is.

The canonical form of a request is JSON with sorted keys, no blanks and UTF-8 text. It is put together from the
canonical forms of its fields, so that a system prompt shared by thousands of trials is encoded once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

TAG = b"agentkit-trial-1\n"
"""Leads what is hashed; a change of the canonical form gets another number."""

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def canonical(value: Any) -> str:
    """Return the canonical JSON of a value.

    >>> canonical({"b": [1, "é"], "a": None})
    '{"a":null,"b":[1,"é"]}'
    """
    return _encode(value)


def join(parts: Mapping[str, str]) -> str:
    """Return the canonical JSON of a request from that of its fields."""
    return "{" + ",".join([f'"{name}":{parts[name]}' for name in sorted(parts)]) + "}"


def trial_key(request: str, epoch: int, salt: str = "") -> str:
    """Return the key of a trial: 64 hexadecimal digits.

    Args:
        request: The request in canonical form.
        epoch: Which repeat, from 1.
        salt: What else decides the reply: the fidelity where it is not `bare`.

    >>> trial_key('{"model":"m"}', 1)[:12]
    'b32e3a21db43'
    """
    text = f"{request}\n{epoch}\n{salt}"
    return sha256(TAG + text.encode("utf-8", "surrogatepass")).hexdigest()
