"""Explanations of classifiers: which places of a picture speak for a class."""
