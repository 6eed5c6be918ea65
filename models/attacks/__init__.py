"""Adversarial attacks and defenses, and what is measured about them."""
