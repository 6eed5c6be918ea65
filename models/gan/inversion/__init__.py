"""GAN inversion: from a photograph back to the code from which a generator draws it."""
