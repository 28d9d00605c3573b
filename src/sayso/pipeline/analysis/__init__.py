"""Scores every recording and says which ones harm the voice."""
