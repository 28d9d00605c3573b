"""sayso: voice cloning on your say-so. Self-hosted, on a CPU, with the wire of the Resemble v2 REST API."""

__version__ = "0.1.0"
