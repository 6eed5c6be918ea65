"""What inversion needs for a generator: encoder, whitening, face finder, alignment scorer."""
