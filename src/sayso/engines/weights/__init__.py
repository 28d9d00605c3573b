"""The model weights: which files, from where, under which licence, and whether they are the right ones."""

from sayso.engines.weights.manifest import Part, Progress, WeightFile, fetch, manifest, path, verify

__all__ = ["Part", "Progress", "WeightFile", "fetch", "manifest", "path", "verify"]
