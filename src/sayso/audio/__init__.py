"""Signals: numpy in, numpy out; knows nothing of voices or users."""
