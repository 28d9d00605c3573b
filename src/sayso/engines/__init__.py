"""Models behind small protocols; heavy imports live here and nowhere else."""
