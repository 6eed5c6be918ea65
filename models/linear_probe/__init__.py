"""Linear classifiers trained on the fixed features of another network."""
