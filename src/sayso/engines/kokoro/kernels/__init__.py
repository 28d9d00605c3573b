"""Our own CPU kernels for the decoder's convolutions: C sources, how weights are packed for them, the loader."""
