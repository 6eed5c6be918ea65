"""The GAN explorer tab."""
