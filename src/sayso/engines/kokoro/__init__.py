"""The embedded engine: Kokoro-82M, one resident model, a voice is a small set of inputs."""
