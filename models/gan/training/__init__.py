"""Training GANs: data, losses, steps, and figures on how training goes."""
