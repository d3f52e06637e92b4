from __future__ import annotations

import gc
import threading
import weakref

from agentkit.widgets._watch import Watch


class Looker:
    def __init__(self) -> None:
        self.looked = threading.Semaphore(0)

    def look(self) -> None:
        self.looked.release()


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "agentkit-watch"]


def test_it_looks_until_it_is_stopped() -> None:
    looker = Looker()
    watch = Watch(looker.look, 0.01)
    assert not watch.running
    for _ in range(2):
        watch.start()
        watch.start()
        mine = threads()
        assert len(mine) == 1
        assert mine[0].daemon
        assert looker.looked.acquire(timeout=10)
        assert looker.looked.acquire(timeout=10)
        watch.stop()
        mine[0].join(10)
        assert not mine[0].is_alive()


def test_it_ends_when_its_object_is_gone() -> None:
    looker = Looker()
    Watch(looker.look, 0.01).start()
    mine = threads()
    gone = weakref.ref(looker)
    del looker
    gc.collect()
    mine[0].join(10)
    assert not mine[0].is_alive()
    assert gone() is None
