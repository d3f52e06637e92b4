"""The embedded server's own process: started by `llama`, by path, with nothing of agentkit imported.

It reads one JSON line from its standard input (which model, and how), starts llama.cpp's server on loopback, writes one
JSON line with the address, and ends when its standard input ends: that is when whoever started it is gone, even by
kill -9.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    """Serve until standard input ends."""
    # Before the import: spinning threads bring a busy machine from 70 tokens a second to 1.
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
    given = json.loads(sys.stdin.readline())
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # llama.cpp's own words go to the log
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = given["model"]
    params.model_alias = {given["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [given["key"]]
    params.n_parallel = 1
    params.n_ctx = given["context"]
    params.cache_prompt = False  # so that the same request gives the same reply, whatever came before
    params.cache_ram_mib = 0
    params.n_gpu_layers = 0  # a processor gives the same reply on every machine of its kind
    params.ui = False
    params.verbosity = 1
    params.cpuparams.n_threads = given["threads"]
    # The route drops these from a request, so the server has to hold them.
    params.sampling.seed = 0xFFFFFFFF if given["seed"] is None else given["seed"]  # llama.cpp's word for any
    params.sampling.temp = given["temperature"]
    params.sampling.penalty_repeat = given["repeat_penalty"]
    params.sampling.penalty_last_n = 256
    server = xllamacpp.Server(params)
    answers.write(json.dumps({"url": server.listening_address}) + "\n")
    answers.flush()
    while sys.stdin.read(1):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
