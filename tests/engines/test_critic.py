"""The critic of a long training: it learns to tell two sounds apart, and goes on where it was."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch

from sayso.engines.kokoro.critic import Critic

SIZE = 7_200


def humming(seed: int) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    t = np.arange(SIZE) / 24_000
    return torch.from_numpy((0.1 * np.sin(2 * np.pi * rng.uniform(100, 300) * t)).astype(np.float32))[None]


def hissing(seed: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(0, 0.1, (1, SIZE)).astype(np.float32))


def test_what_it_has_learnt_to_tell_from_recordings_it_does_not_believe() -> None:
    critic = Critic(1)
    for step in range(75):
        critic.learn(step, hissing(step), humming(step))
    said = hissing(99).requires_grad_(True)
    # Each of its views, of which one looks in a step.
    doubts = [critic.disbelief(view, said, humming(98)) for view in range(3)]
    for view, doubt in enumerate(doubts):
        assert float(doubt.detach()) > 2 * float(critic.disbelief(view, humming(99), humming(98)))
    # What is said learns from it; the critic learns when it is taught, and not by that.
    before = critic.arrays()
    sum(doubts, torch.zeros(())).backward()
    assert said.grad is not None
    assert float(said.grad.abs().max()) > 0
    critic.learn(0, hissing(1), torch.zeros(1, SIZE))
    assert all(np.array_equal(before[name], value) for name, value in critic.arrays().items())


def test_of_silence_it_has_no_opinion() -> None:
    assert float(Critic(1).disbelief(0, hissing(1), torch.zeros(1, SIZE))) == 0.0


def test_restored_it_learns_on_as_if_nothing_had_been() -> None:
    one, other = Critic(1), Critic(2)
    for step in range(3):
        one.learn(step, hissing(step), humming(step))
    other.restore(one.arrays())
    for critic in (one, other):
        critic.learn(7, hissing(7), humming(7))
    kept, again = one.arrays(), other.arrays()
    assert kept.keys() == again.keys()
    for name, value in kept.items():
        np.testing.assert_array_equal(value, again[name], name)


def test_what_does_not_fit_is_said() -> None:
    arrays = Critic(1).arrays()
    last = list(arrays)[-1]
    other = Critic(2)
    before = other.arrays()
    with pytest.raises(KeyError):
        other.restore({})
    with pytest.raises(ValueError, match=re.escape(f"{last} has the shape (3, 7)")):
        other.restore({**arrays, last: np.zeros((3, 7), np.float32)})
    # And nothing is half taken over.
    assert all(np.array_equal(before[name], value) for name, value in other.arrays().items())
