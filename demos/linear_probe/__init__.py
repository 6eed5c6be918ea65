"""The linear probe tab."""
