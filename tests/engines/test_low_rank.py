"""What a professional voice adds to the network: the same through our kernels and without them, with gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from sayso.engines.kokoro import fused
from sayso.engines.kokoro.network import AdainResBlock, LowRank

pytestmark = pytest.mark.usefixtures("exact_kernels")


def block(*, upsample: bool) -> AdainResBlock:
    torch.manual_seed(1)
    made = AdainResBlock(48, 32, upsample=upsample)
    return made.eval().requires_grad_(False)


def deltas() -> dict[str, LowRank]:
    torch.manual_seed(2)
    return {
        "it.conv1": LowRank(torch.randn(4, 48, 3) / 10, torch.randn(32, 4) / 10),
        "it.conv2": LowRank(torch.randn(4, 32, 3) / 10, torch.randn(32, 4) / 10),
    }


def affines() -> list[torch.Tensor]:
    torch.manual_seed(3)
    return [torch.randn(1, 96) / 5, torch.randn(1, 64) / 5]


@pytest.mark.parametrize("upsample", [False, True])
def test_a_delta_is_what_its_product_would_be_in_the_weights(upsample: bool) -> None:
    x = torch.randn(1, 48, 40, generator=torch.Generator().manual_seed(4))
    there = block(upsample=upsample)
    with torch.no_grad():
        found = there(x, iter(affines()), deltas(), "it")
        unlike = there(x, iter(affines()))
        for name, delta in deltas().items():
            conv = there.get_submodule(name.removeprefix("it."))
            assert isinstance(conv, nn.Conv1d)
            conv.weight += torch.einsum("or,rik->oik", delta.up, delta.down)
        wanted = there(x, iter(affines()))
    assert found.shape == wanted.shape == (1, 32, 80 if upsample else 40)
    np.testing.assert_allclose(found, wanted, atol=2e-4)
    assert float((unlike - wanted).abs().max()) > 0.05


@pytest.mark.parametrize("upsample", [False, True])
def test_gradients_reach_a_delta_through_the_kernels_as_without(
    upsample: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not fused.available()[0]:
        pytest.skip(f"no kernels here: {fused.available()[1]}")

    def gradients() -> list[torch.Tensor]:
        parts = deltas()
        tensors = [t.requires_grad_(True) for delta in parts.values() for t in (delta.down, delta.up)]
        x = torch.randn(1, 48, 40, generator=torch.Generator().manual_seed(4))
        block(upsample=upsample)(x, iter(affines()), parts, "it").square().mean().backward()
        return [t.grad for t in tensors if t.grad is not None]

    fast = gradients()
    monkeypatch.setattr(fused, "usable", lambda *_: False)
    plain = gradients()
    assert len(fast) == len(plain) == 4
    for a, b in zip(fast, plain, strict=True):
        torch.testing.assert_close(a, b, rtol=2e-3, atol=1e-6)
