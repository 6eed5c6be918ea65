"""The tour tab."""
