"""The ideal class tab."""
