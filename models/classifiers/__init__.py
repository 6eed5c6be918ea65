"""Classifiers of pet breeds."""
