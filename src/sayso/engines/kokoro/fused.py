"""AdaIN followed by Snake, the two element-wise steps that fill most of the decoder's time."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def adain_snake(x: Tensor, affine: Tensor, alpha: Tensor) -> Tensor:
    """snake((1 + gamma) * norm(x) + beta) with snake(u) = u + sin(alpha * u)^2 / alpha.

    x (B, C, n); affine (B or 1, 2C): gamma, then beta; alpha (1, C, 1).
    """
    gamma, beta = affine.unsqueeze(-1).chunk(2, dim=1)
    u = (1 + gamma) * F.instance_norm(x, eps=1e-5) + beta
    return u + torch.sin(alpha * u).square() / alpha
