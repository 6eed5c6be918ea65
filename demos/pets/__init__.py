"""The pet breeds tab."""
