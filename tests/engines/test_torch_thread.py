"""A thread of its own for a network: keeps its number of cores, leaves others theirs, passes errors on."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from sayso.engines.torch_thread import Here, Place, TorchThread


@pytest.fixture
def own_number() -> object:
    before = torch.get_num_threads()
    yield before
    torch.set_num_threads(before)


def test_it_keeps_its_number_of_cores_whatever_others_set(own_number: int) -> None:
    torch.set_num_threads(2)
    one, three = TorchThread(1, "one"), TorchThread(3, "three")
    assert one.run(torch.get_num_threads) == 1
    assert three.run(torch.get_num_threads) == 3
    torch.set_num_threads(2)
    assert one.run(torch.get_num_threads) == 1
    assert three.run(torch.get_num_threads) == 3


def test_threads_that_are_new_to_torch_are_not_narrowed_by_it(own_number: int) -> None:
    torch.set_num_threads(2)
    TorchThread(1, "one").run(lambda: None)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(torch.get_num_threads).result() == 2
    assert torch.get_num_threads() == 2


def test_all_callers_share_the_one_thread() -> None:
    place = TorchThread(1, "shared")
    with ThreadPoolExecutor(4) as pool:
        seen = set(pool.map(lambda _: place.run(threading.get_ident), range(20)))
    assert len(seen) == 1
    assert threading.get_ident() not in seen


@pytest.mark.parametrize("place", [Here(), TorchThread(1, "fails")], ids=["here", "thread"])
def test_an_error_reaches_the_caller_and_the_next_work_is_done(place: Place) -> None:
    def broken() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        place.run(broken)
    assert place.run(lambda: 7) == 7
