"""What tests of the engines share."""

from collections.abc import Iterator

import pytest

from sayso.engines.kokoro import fused
from sayso.engines.kokoro.kernels import library


@pytest.fixture(scope="module")
def exact_kernels() -> Iterator[None]:
    """Kernels that multiply in float32, or none, whatever this machine would choose."""
    found = (library.kernels(name) for name in library.INSTRUCTION_SETS)
    exact = next((k for k in found if isinstance(k, library.Kernels) and k.is_exact), "there are none")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "best", lambda: exact)
        fused._pairs.clear()
        yield
    fused._pairs.clear()
