"""What computes. Plain PyTorch, no Gradio: everything here can be used from a notebook."""
