"""Neural style transfer: by optimizing a picture, and in one forward pass."""
