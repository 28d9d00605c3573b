"""Compiles the decoder's kernels; everything else about the package is in pyproject.toml.

The same C file is compiled once for every instruction set, and the machine's own is chosen at run time, so that a
built wheel runs on any processor of its architecture. Without a C compiler the package installs all the same and
speaks through plain torch, more slowly; `sayso doctor` says so.
"""

import platform
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

HERE = Path("src/sayso/engines/kokoro/kernels")
FLAGS = ["-O3", "-std=gnu11", "-fvisibility=hidden", "-ffp-contract=fast", "-fno-math-errno"]
PORTABLE = ["-DNAME=portable", "-DLANES=4", "-DPANEL=6"]
X86 = [
    ["-DNAME=avx2", "-DLANES=8", "-DPANEL=6", "-mavx2", "-mfma", "-mprfchw"],
    ["-DNAME=avx512", "-DLANES=16", "-DPANEL=14", "-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mprfchw", "-mprefer-vector-width=512"],
]  # fmt: skip


class BuildKernels(build_ext):
    """One shared library out of several compilations of one file. It is loaded with ctypes, not imported."""

    def build_extension(self, ext: Extension) -> None:
        """Compile and link `ext`, with OpenMP where the compiler has it."""
        try:
            self._build(ext, ["-fopenmp"])
        except CompileError:
            self._build(ext, [])

    def _build(self, ext: Extension, openmp: list[str]) -> None:
        x86 = platform.machine().lower() in {"x86_64", "amd64"}
        objects = []
        for number, variant in enumerate([PORTABLE, *(X86 if x86 else [])]):
            objects += self.compiler.compile(
                [str(HERE / "rows.c")],
                output_dir=str(Path(self.build_temp) / str(number)),  # or one would overwrite the other
                extra_postargs=[*FLAGS, *openmp, *variant],
                depends=ext.depends,
            )
        objects += self.compiler.compile(
            [str(HERE / "choose.c")],
            output_dir=self.build_temp,
            extra_postargs=[*FLAGS, *(["-DSAYSO_X86"] if x86 else [])],
            depends=ext.depends,
        )
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self.compiler.link_shared_object(objects, str(target), libraries=["m"], extra_postargs=openmp)


setup(
    ext_modules=[
        Extension(
            "sayso.engines.kokoro.kernels._kernels",
            sources=[str(HERE / "rows.c"), str(HERE / "choose.c")],
            depends=[str(HERE / "kernels.h")],
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
)
