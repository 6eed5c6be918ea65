"""Linear probes: linear classifiers trained on the frozen features of another network."""
