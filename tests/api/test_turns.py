"""The queue for speech: an end, a fair order, and nothing left behind by who leaves."""

import time

import anyio
import pytest
from anyio import from_thread, to_thread

from sayso.api.turns import Turns
from sayso.errors import Throttled


def test_it_is_full_at_some_point_but_not_for_a_newcomer() -> None:
    turns = Turns(most_speaking=1, most_places=2)
    one, two = turns.enter("ann"), turns.enter("ann")
    with pytest.raises(Throttled, match="try again") as full:
        turns.enter("ann")
    assert 1 <= full.value.retry_after_s <= 60
    newcomer = turns.enter("bob")
    with pytest.raises(Throttled):
        turns.enter("bob")
    for place in (one, two, newcomer, newcomer):
        place.leave()
    assert turns.places == 0
    turns.enter("bob").leave()


def test_accounts_take_turns_and_each_is_served_in_order() -> None:
    turns = Turns(most_speaking=1, most_places=100)
    order: list[str] = []

    async def ask(account: str, name: str) -> None:
        place = turns.enter(account)
        await place.run(lambda: (time.sleep(0.002), order.append(name)))
        place.leave()

    async def crowd() -> None:
        async with anyio.create_task_group() as tasks:
            for n in range(5):
                tasks.start_soon(ask, "ann", f"ann {n}")
                await anyio.sleep(0)
            tasks.start_soon(ask, "bob", "bob 0")
            await anyio.sleep(0)

    anyio.run(crowd)
    # The first of ann's speaks already when bob comes; he does not wait for her other four.
    assert order == ["ann 0", "ann 1", "bob 0", "ann 2", "ann 3", "ann 4"]
    assert turns.places == 0


def test_who_leaves_while_waiting_or_speaking_leaves_no_hole() -> None:
    turns = Turns(most_speaking=2, most_places=100)
    spoken = 0

    def speak() -> None:
        nonlocal spoken
        time.sleep(0.002)
        spoken += 1

    async def impatient(after_s: float) -> None:
        place = turns.enter("ann")
        with anyio.move_on_after(after_s):
            await place.run(speak)
        place.leave()

    async def crowd() -> None:
        async with anyio.create_task_group() as tasks:
            for n in range(60):
                tasks.start_soon(impatient, n * 0.0005)
        with anyio.fail_after(5):
            for _ in range(3):
                await turns.run("bob", speak)
            await to_thread.run_sync(speak)

    anyio.run(crowd)
    assert spoken >= 4
    assert turns.places == 0


def test_who_passes_the_turn_on_lets_others_in_between_and_goes_on() -> None:
    turns = Turns(most_speaking=1, most_places=100)
    order: list[str] = []

    async def ask(account: str, name: str, pieces: int) -> None:
        place = turns.enter(account)

        def work() -> None:
            for n in range(pieces):
                time.sleep(0.005)
                order.append(f"{name} {n}")
                from_thread.run(place.pass_on)

        await place.run(work)
        place.leave()

    async def crowd() -> None:
        async with anyio.create_task_group() as tasks:
            for name in ("long", "longer"):
                tasks.start_soon(ask, "ann", name, 3)
                await anyio.sleep(0)
            tasks.start_soon(ask, "bob", "short", 1)
            await anyio.sleep(0)

    anyio.run(crowd)
    # One piece of ann's, and bob has his turn.
    assert order.index("short 0") <= 2
    assert [name for name in order if name.startswith("long ")] == ["long 0", "long 1", "long 2"]
    assert len(order) == 7
    assert turns.places == 0


def test_newcomers_beyond_the_queue_do_not_lock_out_who_passes_the_turn_on() -> None:
    turns = Turns(most_speaking=4, most_places=1)
    ended: list[int] = []

    async def ask(n: int) -> None:
        place = turns.enter(f"account {n}")

        def work() -> None:
            for _ in range(3):
                time.sleep(0.001)
                from_thread.run(place.pass_on)

        await place.run(work)
        place.leave()
        ended.append(n)

    async def crowd() -> None:
        with anyio.fail_after(20):
            async with anyio.create_task_group() as tasks:
                for n in range(24):
                    tasks.start_soon(ask, n)

    anyio.run(crowd)
    assert sorted(ended) == list(range(24))
    assert turns.places == 0
