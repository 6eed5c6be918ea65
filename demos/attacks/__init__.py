"""The adversarial attack tab."""
