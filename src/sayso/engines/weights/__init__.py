"""The model weights: which files, from where, under which licence, and whether they are the right ones."""

from sayso.engines.weights.manifest import Progress, WeightFile, fetch, manifest, path, verify

__all__ = ["Progress", "WeightFile", "fetch", "manifest", "path", "verify"]
