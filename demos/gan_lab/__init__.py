"""The GAN lab tab."""
