"""Compiles the decoder's kernels; everything else about the package is in pyproject.toml.

The same C file is compiled once for every instruction set, and the machine's own is chosen at run time, so that a
built wheel runs on any processor of its architecture. Without a C compiler the package installs all the same and
speaks through plain torch, more slowly; `sayso doctor` says so.
"""

import platform
from contextlib import suppress
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError

HERE = Path("src/sayso/engines/kokoro/kernels")
FLAGS = ["-O3", "-std=gnu11", "-fvisibility=hidden", "-ffp-contract=fast", "-fno-math-errno"]
PORTABLE = ["-DNAME=portable", "-DLANES=4", "-DPANEL=6"]
X86 = [
    ["-DNAME=avx2", "-DLANES=8", "-DPANEL=6", "-mavx2", "-mfma", "-mf16c", "-mprfchw"],
    ["-DNAME=avx512", "-DLANES=16", "-DPANEL=14", "-mavx2", "-mfma", "-mf16c", "-mavx512f", "-mavx512dq", "-mprfchw", "-mprefer-vector-width=512"],
]  # fmt: skip
AMX = ["-DNAME=amx", "-DBF16", "-DLANES=16", "-DPANEL=32", "-DV_BYTES=262144", "-mavx2", "-mfma", "-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512bf16", "-mamx-tile", "-mamx-bf16", "-mprfchw", "-mprefer-vector-width=512"]  # fmt: skip
"""Matrix tiles of newer server processors: only for compilers that know them (GCC 11, Clang 12) and Linux."""


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
        chosen = ["-DSAYSO_X86"] if x86 else []
        objects = []
        for variant in [PORTABLE, *(X86 if x86 else [])]:
            objects += self._variant(ext, [*openmp, *variant])
        if x86 and platform.system() == "Linux":
            with suppress(CompileError):
                objects += self._variant(ext, [*openmp, *AMX])
                chosen.append("-DSAYSO_AMX")
        objects += self.compiler.compile(
            [str(HERE / "choose.c")],
            output_dir=self.build_temp,
            extra_postargs=[*FLAGS, *chosen],
            depends=ext.depends,
        )
        target = Path(self.get_ext_fullpath(ext.name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self.compiler.link_shared_object(objects, str(target), libraries=["m"], extra_postargs=openmp)

    def _variant(self, ext: Extension, flags: list[str]) -> list[str]:
        """The object of rows.c for one instruction set, in a folder of its own: they are all named alike."""
        name = next(flag.removeprefix("-DNAME=") for flag in flags if flag.startswith("-DNAME="))
        return self.compiler.compile(
            [str(HERE / "rows.c")],
            output_dir=str(Path(self.build_temp) / name),
            extra_postargs=[*FLAGS, *flags],
            depends=ext.depends,
        )


setup(
    ext_modules=[
        Extension(
            "sayso.engines.kokoro.kernels._kernels",
            sources=[str(HERE / "rows.c"), str(HERE / "choose.c")],
            depends=[*(str(HERE / f"{name}.h") for name in ("kernels", "product_f32", "product_bf16"))],
            optional=True,
        )
    ],
    cmdclass={"build_ext": BuildKernels},
)
