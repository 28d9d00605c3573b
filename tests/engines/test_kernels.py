"""Our kernels against plain torch: the same results, the same gradients, on every instruction set this machine has."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from sayso.engines.kokoro import fused, network
from sayso.engines.kokoro.kernels import library, toom

pytestmark = pytest.mark.skipif(
    isinstance(library.kernels("portable"), str), reason=f"kernels: {library.kernels('portable')}"
)
SETS = [name for name in library.INSTRUCTION_SETS if not isinstance(library.kernels(name), str)]
EXACT = [name for name in SETS if name != "amx"]
"""Those that multiply in float32."""
NEAR = {"amx": 1.5e-2}
"""Relative to the largest value. bfloat16 has 8 bits; in float32 the contract asks 1e-4 of a step."""


def near(instructions: str) -> float:
    return NEAR.get(instructions, 5e-5)


@pytest.fixture(params=SETS)
def instructions(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every instruction set in turn."""
    monkeypatch.setattr(library, "best", lambda: library.kernels(request.param))
    fused._pairs.clear()
    yield request.param
    fused._pairs.clear()


@pytest.fixture
def fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "best", lambda: library.kernels(SETS[0]))
    fused._pairs.clear()


@pytest.fixture
def fastest_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "best", lambda: library.kernels(EXACT[0]))
    fused._pairs.clear()


def error(got: Tensor, wanted: Tensor) -> float:
    assert got.shape == wanted.shape
    assert torch.isfinite(got).all()
    got, wanted = got.detach(), wanted.detach()
    return float((got - wanted).abs().max() / wanted.abs().max().clamp(min=1e-6))


def a_conv(c_in: int, c_out: int, kernel: int, dilation: int = 1, bias: bool = True) -> nn.Conv1d:
    conv = nn.Conv1d(c_in, c_out, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2, bias=bias)
    return conv.requires_grad_(False)


def reference(conv: nn.Conv1d, x: Tensor, affine: Tensor, alpha: Tensor, residual: Tensor) -> Tensor:
    return conv(fused.adain_snake(x, affine, alpha)) + residual


def through_kernels(
    conv: nn.Conv1d, x: Tensor, affine: Tensor, alpha: Tensor, residual: Tensor
) -> tuple[Tensor, Tensor]:
    rows = fused.to_rows(x)
    y, moments = fused.conv_rows(
        conv, rows, moments=fused.moments(rows), affine=affine, activation=fused.SNAKE, alpha=alpha,
        residual=fused.to_rows(residual), with_moments=True,
    )  # fmt: skip
    return fused.from_rows(y), moments


@pytest.mark.parametrize(
    ("channels", "kernel", "dilation", "n"),
    [
        (256, 7, 1, 131), (128, 3, 1, 1001), (128, 3, 3, 250), (128, 3, 5, 77), (128, 7, 1, 333), (128, 7, 3, 1000),
        (128, 7, 5, 401), (128, 11, 1, 1003), (128, 11, 3, 511), (128, 11, 5, 2000), (64, 5, 2, 90), (48, 1, 1, 65),
        (128, 3, 1, 5), (128, 7, 3, 5), (128, 11, 5, 5), (128, 3, 5, 17), (128, 7, 5, 17), (128, 11, 5, 17), (32, 11, 5, 2),
        (19, 3, 1, 50), (37, 7, 3, 41), (70, 11, 1, 64),
    ],
)  # fmt: skip
def test_a_step_and_its_gradients_are_those_of_torch(
    instructions: str, channels: int, kernel: int, dilation: int, n: int
) -> None:
    torch.manual_seed(n)
    conv = a_conv(channels, channels, kernel, dilation)
    x, residual, dy = (torch.randn(2, channels, n, requires_grad=i < 2) for i in range(3))
    x = (x * 2 + 1).detach().requires_grad_()
    affine = torch.randn(1, 2 * channels, requires_grad=True)
    alpha = (torch.rand(1, channels, 1) + 0.3).requires_grad_()
    wanted = reference(conv, x, affine, alpha, residual)
    got, moments = through_kernels(conv, x, affine, alpha, residual)
    assert error(got, wanted) < near(instructions)
    # Of a handful of values the deviation itself is ill-conditioned: compare what the next step makes of it.
    assert error(moments[:, 0], wanted.mean(2)) < max(1e-3, near(instructions))
    assert n == 2 or error(moments[:, 1], (wanted.var(2, unbiased=False) + 1e-5).rsqrt()) < max(
        1e-3, near(instructions)
    )
    inputs = [x, affine, alpha, residual]
    for a, b in zip(
        torch.autograd.grad(got, inputs, dy), torch.autograd.grad(wanted, inputs, dy), strict=True
    ):
        # Two or five positions normalise to nearly nothing but their differences: gradients cancel.
        assert error(a, b) < (near(instructions) if n > 20 else max(1e-3, 20 * near(instructions)))


@pytest.mark.skipif(
    "amx" not in SETS, reason="this processor has no matrix tiles (AMX), or the compiler knew none"
)
@pytest.mark.parametrize(
    ("c_in", "c_out", "kernel", "dilation", "n"),
    [(128, 128, 11, 5, 2000), (70, 33, 3, 1, 64), (514, 40, 3, 1, 80), (128, 22, 7, 1, 500), (1, 1, 1, 1, 2), (32, 32, 3, 5, 17)],
)  # fmt: skip
def test_tiles_round_what_they_multiply_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, c_in: int, c_out: int, kernel: int, dilation: int, n: int
) -> None:
    monkeypatch.setattr(library, "best", lambda: library.kernels("amx"))
    torch.manual_seed(9)
    conv, x = a_conv(c_in, c_out, kernel, dilation), torch.randn(2, c_in, n)
    rounded = a_conv(c_in, c_out, kernel, dilation)
    rounded.weight.copy_(conv.weight.bfloat16().float())
    rounded.bias.copy_(conv.bias)
    got = fused.from_rows(fused.conv_rows(conv, fused.to_rows(x))[0])
    assert error(got, rounded(x.bfloat16().float())) < 2e-6


HALVING = [name for name in SETS if library.kernels(name).reads_halves]


@pytest.mark.skipif(not HALVING, reason="no instruction set of this processor reads weights of half the size")
@pytest.mark.parametrize(
    ("c_in", "c_out", "kernel", "dilation", "n"),
    [(128, 128, 11, 5, 2000), (70, 33, 3, 1, 64), (514, 40, 3, 1, 80), (128, 22, 7, 1, 500), (1, 1, 1, 1, 2), (32, 32, 3, 5, 17), (96, 96, 3, 1, 9)],
)  # fmt: skip
def test_halved_weights_take_half_the_bytes_and_are_off_by_their_rounding(
    c_in: int, c_out: int, kernel: int, dilation: int, n: int
) -> None:
    torch.manual_seed(9)
    conv, x = a_conv(c_in, c_out, kernel, dilation), torch.randn(2, n, c_in)
    pad = dilation * (kernel - 1) // 2
    for name in HALVING:
        kernels = library.kernels(name)
        whole = kernels.pack(conv.weight, conv.bias, dilation, pad)
        halved = kernels.halved(whole)
        if kernel > 3:  # too many points
            assert halved is whole
            continue
        assert halved.weights.nbytes * 2 == whole.weights.nbytes
        assert kernels.halved(halved) is halved
        got, _ = kernels.conv(halved, x, n, library.Before())
        wanted, _ = kernels.conv(whole, x, n, library.Before())
        assert error(got, wanted) < 2e-3
        # Where there is no transform, what is multiplied is the rounded weight, exactly.
        if whole.scheme == toom.DIRECT:
            rounded = a_conv(c_in, c_out, kernel, dilation)
            rounded.weight.copy_(conv.weight.half().float())
            rounded.bias.copy_(conv.bias)
            assert error(fused.from_rows(got), rounded(fused.from_rows(x))) < 2e-6


def test_weights_too_large_for_half_the_size_stay_whole() -> None:
    for name in SETS:
        kernels = library.kernels(name)
        packed = kernels.pack(torch.full((8, 8, 1), 1e6), None, 1, 0)
        assert kernels.halved(packed) is packed


def test_kernels_that_cannot_read_halves_say_so_instead_of_reading_on() -> None:
    for name in set(SETS) - set(HALVING):
        kernels = library.kernels(name)
        packed = kernels.pack(torch.ones(8, 8, 1), None, 1, 0)
        assert kernels.halved(packed) is packed
        forced = replace(packed, weights=packed.weights.half())
        with pytest.raises(RuntimeError, match="refused"):
            kernels.conv(forced, torch.ones(1, 4, 8), 4, library.Before())


def test_every_scheme_is_exact_in_exact_numbers() -> None:
    rng = np.random.default_rng(0)
    for kernel in (1, 2, 3, 5, 7, 11):
        scheme = toom.scheme_for(kernel)
        inside, of_kernel, outside = scheme.matrices()
        x, w = rng.standard_normal(scheme.points), rng.standard_normal(scheme.taps)
        wanted = np.correlate(x, w, "valid")
        np.testing.assert_allclose(outside @ ((of_kernel @ w) * (inside @ x)), wanted, atol=1e-11)


@pytest.mark.parametrize("batch_of_affine", [1, 3])
def test_channels_may_differ_and_every_speaker_has_an_affine(instructions: str, batch_of_affine: int) -> None:
    torch.manual_seed(1)
    conv = a_conv(90, 33, 3)
    x = torch.randn(3, 90, 70, requires_grad=True)
    affine = torch.randn(batch_of_affine, 180, requires_grad=True)
    rows = fused.to_rows(x)
    y, _ = fused.conv_rows(
        conv, rows, moments=fused.moments(rows), affine=affine, activation=fused.LEAKY, slope=0.2, gain=0.5
    )
    gamma, beta = affine.unsqueeze(-1).chunk(2, 1)
    wanted = conv(F.leaky_relu((1 + gamma) * F.instance_norm(x) + beta, 0.2)) * 0.5
    got = fused.from_rows(y)
    assert error(got, wanted) < near(instructions)
    dy = torch.randn_like(wanted)
    for a, b in zip(
        torch.autograd.grad(got, [x, affine], dy), torch.autograd.grad(wanted, [x, affine], dy), strict=True
    ):
        assert error(a, b) < near(instructions)


def test_a_convolution_alone_with_two_sums_and_a_gain(instructions: str) -> None:
    torch.manual_seed(2)
    conv = a_conv(40, 24, 7, bias=False)
    x, residual, extra = (torch.randn(1, c, 33, requires_grad=True) for c in (40, 24, 24))
    y, none = fused.conv_rows(
        conv, fused.to_rows(x), residual=fused.to_rows(residual), extra=fused.to_rows(extra), gain=1 / 3
    )
    wanted = (conv(x) + residual + extra) / 3
    assert error(fused.from_rows(y), wanted) < near(instructions)
    assert none.numel() == 0
    dy, inputs = torch.randn_like(wanted), [x, residual, extra]
    got = torch.autograd.grad(fused.from_rows(y), inputs, dy)
    for a, b in zip(got, torch.autograd.grad(wanted, inputs, dy), strict=True):
        assert error(a, b) < near(instructions)


@pytest.mark.parametrize(("c_in", "c_out", "stride", "pad"), [(64, 32, 10, 5), (48, 16, 6, 3)])
@pytest.mark.parametrize("n", [1, 5, 64])
def test_upsampling(instructions: str, c_in: int, c_out: int, stride: int, pad: int, n: int) -> None:
    torch.manual_seed(3)
    conv = nn.ConvTranspose1d(c_in, c_out, 2 * stride, stride, pad).requires_grad_(False)
    x = torch.randn(2, c_in, n, requires_grad=True)
    wanted = conv(F.leaky_relu(x, 0.1))
    got = fused.from_rows(fused.ups_rows(conv, fused.to_rows(x), 0.1))
    assert error(got, wanted) < near(instructions)
    dy = torch.randn_like(wanted)
    assert error(*(torch.autograd.grad(y, x, dy)[0] for y in (got, wanted))) < near(instructions)


@pytest.mark.parametrize("instructions", EXACT, indirect=True)
def test_sine_over_a_wide_range(instructions: str) -> None:
    """Snake with a large alpha: sin(alpha u)^2 within 1e-5 as long as floats are finer than that."""
    u = torch.cat(
        [torch.linspace(-1, 1, 40_001), torch.logspace(-6, 3.3, 20_000), -torch.logspace(-6, 3.3, 20_000)]
    )
    one = a_conv(1, 1, 1, bias=False)
    one.weight.fill_(1.0)
    for alpha in (0.1, 1.0, 7.3):
        y, _ = fused.conv_rows(
            one, u.view(1, -1, 1), activation=fused.SNAKE, alpha=torch.full((1, 1, 1), alpha)
        )
        # The argument is rounded to float32 by both; compare from there on.
        argument = (u * np.float32(alpha)).double()
        wanted = u.double() + argument.sin().square() / float(np.float32(alpha))
        tolerance = 1e-5 / alpha + u.abs().double() * 2e-7
        assert ((y.flatten().double() - wanted).abs() < tolerance).all()


def test_extreme_values_stay_finite(instructions: str) -> None:
    conv = a_conv(32, 32, 3)
    for x in (
        torch.zeros(1, 40, 32),
        torch.full((1, 40, 32), 3e4),
        torch.randn(1, 40, 32) * 1e12,
        torch.randn(1, 40, 32) * 1e-30,
    ):
        x.requires_grad_()
        affine = torch.randn(1, 64) * 1e3
        affine.requires_grad_()
        y, moments = fused.conv_rows(
            conv, x, moments=fused.moments(x), affine=affine, activation=fused.SNAKE, alpha=torch.full((1, 32, 1), 1e6),
            with_moments=True,
        )  # fmt: skip
        grads = torch.autograd.grad(y.sum(), [x, affine])
        assert all(torch.isfinite(t).all() for t in (y, moments, *grads))


def test_moments_do_not_cancel(instructions: str) -> None:
    """A deviation a thousandth of the mean, over many positions."""
    x = torch.randn(1, 20_000, 24, dtype=torch.float64) + 1000.0
    got = fused.moments(x.float())
    exact = x.float().double()
    assert error(got[:, 0].double(), exact.mean(1)) < 1e-6
    assert error(got[:, 1].double(), (exact.var(1, unbiased=False) + 1e-5).rsqrt()) < 1e-4


def test_same_bits_on_one_thread_and_two(fastest: None) -> None:
    torch.manual_seed(4)
    conv = a_conv(128, 128, 11, 3)
    x, affine, alpha = torch.randn(2, 128, 3001), torch.randn(1, 256), torch.ones(1, 128, 1)
    before, results = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 2):
            torch.set_num_threads(threads)
            results.append(through_kernels(conv, x, affine, alpha, x))
    finally:
        torch.set_num_threads(before)
    for y, moments in results[1:]:
        assert torch.equal(y, results[0][0])
        assert torch.equal(moments, results[0][1])


def test_python_threads_may_call_at_once(fastest: None) -> None:
    torch.manual_seed(5)
    convs = [a_conv(128, 128, k, 3) for k in (3, 7, 11)]
    x, affine, alpha = torch.randn(1, 128, 700), torch.randn(1, 256), torch.ones(1, 128, 1)
    wanted = [through_kernels(conv, x, affine, alpha, x)[0] for conv in convs]
    fused._pairs.clear()  # packing is raced for as well
    wrong = []

    def call() -> None:
        for _ in range(5):
            for conv, y in zip(convs, wanted, strict=True):
                if not torch.equal(through_kernels(conv, x, affine, alpha, x)[0], y):
                    wrong.append(conv)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_changed_weights_are_packed_again(fastest: None) -> None:
    conv = a_conv(32, 32, 3)
    x = torch.randn(1, 32, 40)
    fused.conv_rows(conv, fused.to_rows(x))
    conv.weight.mul_(2.0)
    assert error(fused.from_rows(fused.conv_rows(conv, fused.to_rows(x))[0]), conv(x)) < near(SETS[0])


def test_weights_packed_while_speaking_serve_an_adaptation(fastest: None) -> None:
    conv, x, affine = a_conv(32, 32, 3), torch.randn(1, 32, 40), torch.randn(1, 64, requires_grad=True)
    alpha = torch.ones(1, 32, 1)
    with torch.inference_mode():
        spoken, _ = through_kernels(conv, x, affine, alpha, x)
    y, _ = through_kernels(conv, x, affine, alpha, x)
    y.square().sum().backward()
    assert torch.equal(y.detach(), spoken)
    assert affine.grad is not None
    assert affine.grad.abs().sum() > 0
    with torch.inference_mode():
        born_there = a_conv(32, 32, 3)
        assert error(fused.from_rows(fused.conv_rows(born_there, fused.to_rows(x))[0]), born_there(x)) < near(
            SETS[0]
        )


@pytest.mark.parametrize("kernel", [3, 7, 11])
def test_a_block_gives_the_same_either_way(
    instructions: str, monkeypatch: pytest.MonkeyPatch, kernel: int
) -> None:
    torch.manual_seed(6)
    block = network.SnakeResBlock(32, kernel).requires_grad_(False)
    x, affines = (
        torch.randn(1, 32, 150, requires_grad=True),
        [torch.randn(1, 64, requires_grad=True) for _ in range(6)],
    )
    dy = torch.randn(1, 32, 150)
    assert fused.usable(x, block)
    got = block(x, iter(affines))
    got_gradients = torch.autograd.grad(got, [x, *affines], dy)
    monkeypatch.setattr(library, "best", lambda: "switched off by a test")
    assert not fused.usable(x, block)
    wanted = block(x, iter(affines))
    assert error(got, wanted) < 2 * near(instructions)
    for a, b in zip(got_gradients, torch.autograd.grad(wanted, [x, *affines], dy), strict=True):
        assert error(a, b) < 10 * near(instructions)


@pytest.mark.parametrize(("c_in", "c_out", "upsample"), [(34, 48, False), (48, 48, False), (50, 32, True)])
def test_an_adain_block_gives_the_same_either_way(
    instructions: str, monkeypatch: pytest.MonkeyPatch, c_in: int, c_out: int, upsample: bool
) -> None:
    torch.manual_seed(7)
    block = network.AdainResBlock(c_in, c_out, upsample).requires_grad_(False)
    x = torch.randn(2, c_in, 61, requires_grad=True)
    affines = [torch.randn(1, 2 * c, requires_grad=True) for c in (c_in, c_out)]
    got = block(x, iter(affines))
    dy = torch.randn_like(got)
    got_gradients = torch.autograd.grad(got, [x, *affines], dy)
    monkeypatch.setattr(library, "best", lambda: "switched off by a test")
    wanted = block(x, iter(affines))
    assert error(got, wanted) < 2 * near(instructions)
    for a, b in zip(got_gradients, torch.autograd.grad(wanted, [x, *affines], dy), strict=True):
        assert error(a, b) < 10 * near(instructions)


def test_the_generator_gives_the_same_either_way(
    fastest_exact: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(8)
    generator = network.Generator().requires_grad_(False)
    widths = [m.fc.out_features for m in generator.modules() if isinstance(m, network.AdaIN)]
    affines = [torch.randn(1, width) * 0.3 for width in widths]
    x, f0 = torch.randn(1, 512, 6), torch.full((1, 6), 140.0)
    har = generator.harmonics(f0, None)
    got = generator(x, har, iter(affines))
    monkeypatch.setattr(library, "best", lambda: "switched off by a test")
    assert error(got, generator(x, har, iter(affines))) < 5e-4


def test_weights_that_learn_go_through_torch(fastest: None) -> None:
    block = network.SnakeResBlock(32, 3)
    x = torch.randn(1, 32, 50)
    assert not fused.usable(x, block)
    block(x, iter([torch.zeros(1, 64)] * 6)).sum().backward()
    assert block.convs1[0].weight.grad is not None
    with torch.no_grad():
        assert fused.usable(x, block)


def test_why_there_are_no_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    library.best.cache_clear()
    monkeypatch.setenv("SAYSO_KERNELS", "none")
    try:
        assert fused.available() == (False, "switched off by SAYSO_KERNELS")
    finally:
        library.best.cache_clear()


def test_a_network_that_kept_its_packed_weights_speaks_the_same_and_says_why_it_cannot_learn(
    instructions: str,
) -> None:
    torch.manual_seed(8)
    block = network.SnakeResBlock(32, 3).eval().requires_grad_(False)
    x, affines = torch.randn(1, 32, 50), [torch.randn(1, 64) * 0.1 for _ in range(6)]
    with torch.inference_mode():
        before = block(x, iter(affines))
        packed_bytes = sum(pair.forward.weights.nbytes for pair in fused._pairs.values())
        freed = fused.keep_packed_only(block)
        halves = library.kernels(instructions).reads_halves
        assert freed == 6 * 32 * 32 * 3 * 4 + (packed_bytes // 2 if halves else 0)
        after = block(x, iter(affines))
        assert error(after, before) < 2e-3
        assert torch.equal(after, before) is not halves
    learning = [affine.clone().requires_grad_(True) for affine in affines]
    with pytest.raises(RuntimeError, match="load it anew"):
        block(x.clone(), iter(learning)).sum().backward()


def test_a_linear_layer_is_torchs_own_in_float32_and_near_it_in_tiles(instructions: str) -> None:
    torch.manual_seed(10)
    layer = nn.Linear(48, 70).requires_grad_(False)
    x = torch.randn(2, 33, 48)
    with torch.inference_mode():
        got = fused.linear(layer, x)
        assert torch.equal(got, layer(x)) is (instructions != "amx")
        assert error(got, layer(x)) < near(instructions)
    learning = x.clone().requires_grad_(True)
    fused.linear(layer, learning).sum().backward()
    assert learning.grad is not None
    assert error(learning.grad, layer.weight.sum(0).expand_as(x)) < 1e-5
