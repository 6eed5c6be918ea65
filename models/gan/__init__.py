"""Generative adversarial networks: trained generators, and training live."""
