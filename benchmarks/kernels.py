"""Our kernels against torch: process CPU time on one thread, best of several.

    python benchmarks/kernels.py [kokoro.safetensors]

Without the weights only single convolutions are timed. Best of many, because somebody else's load can only add.
GFLOP/s are nominal: multiplications of the direct method, whoever does fewer of them.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from sayso.engines.kokoro import fused, network, weights
from sayso.engines.kokoro.kernels import library


def seconds(call: Callable[[], object], times: int) -> float:
    """Least CPU time of a call."""
    call()
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def steps(times: int) -> None:
    print("AdaIN, Snake, convolution, residual: GFLOP/s of one core, nominal")
    for channels, n in ((256, 3200), (128, 19201)):
        for kernel in (3, 7, 11):
            for dilation in (1, 5):
                conv = nn.Conv1d(
                    channels, channels, kernel, dilation=dilation, padding=dilation * (kernel - 1) // 2
                )
                x, affine, alpha = (
                    torch.randn(1, channels, n),
                    torch.randn(1, 2 * channels),
                    torch.ones(1, channels, 1),
                )
                rows = fused.to_rows(x)
                moments = fused.moments(rows)
                plain = seconds(lambda: conv(fused.adain_snake(x, affine, alpha)) + x, times)  # noqa: B023
                ours = seconds(
                    lambda: fused.conv_rows(
                        conv, rows, moments=moments, affine=affine, alpha=alpha, activation=fused.SNAKE,  # noqa: B023
                        residual=rows, with_moments=True,  # noqa: B023
                    ),
                    times,
                )  # fmt: skip
                work = 2e-9 * channels**2 * kernel * n
                print(
                    f"  {channels} channels, kernel {kernel:2}, dilation {dilation}: torch {work / plain:4.0f}, ours {work / ours:4.0f}"
                )


def decoder(file: Path, times: int) -> None:
    net = network.Kokoro.from_weights(weights.load(file))

    def inputs(frames: int) -> tuple[torch.Tensor, ...]:
        torch.manual_seed(0)
        return torch.randn(1, 512, frames) * 0.3, 150 + torch.randn(1, 2 * frames), torch.randn(1, 2 * frames)

    affines = net.decoder.affines(torch.zeros(1, network.STYLE))
    long, crop = inputs(160), inputs(64)

    def speak() -> None:
        with torch.inference_mode():
            net.decoder(*long, affines)

    def adapt() -> None:
        learnt = affines.clone().requires_grad_()
        net.decoder(*crop, learnt).square().sum().backward()

    best = library.best
    for name, chosen in (("ours", best), ("torch", lambda: "switched off")):
        library.best = chosen  # type: ignore[assignment]
        spoken, learnt = seconds(speak, times), seconds(adapt, times)
        print(f"decoder, {name}: 4 s of speech {spoken:.2f} CPU-s; 1.6 s there and back {learnt:.2f} CPU-s")
    library.best = best


if __name__ == "__main__":
    torch.set_num_threads(1)
    found, what = fused.available()
    print(f"kernels: {what}")
    if found:
        with torch.no_grad():
            steps(5)
    if len(sys.argv) > 1:
        decoder(Path(sys.argv[1]), 5)
