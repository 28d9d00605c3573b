"""Words: normalising, splitting, pronouncing; knows nothing of audio."""
