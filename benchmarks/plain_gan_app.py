"""The Gradio app that most people would write around a generator: the other side of `gan_load`.

Sliders with `.change`, a function that computes in float32 and returns an array, everything else as
Gradio has it by default.

python -m benchmarks.plain_gan_app 7871
"""

import sys

import gradio as gr
import torch

from models import registry, weights
from models.gan.networks import stylegan

tensors = weights.load(registry.DEFAULT_GAN)
generator = stylegan.StyleGenerator()
generator.load_state_dict(weights.part(tensors, "generator"))
generator.eval()
directions = tensors["directions"]


@torch.no_grad()
def pictures(first: int, count: int, truncation: float, sliders: tuple):
    z = torch.stack(
        [torch.randn(128, generator=torch.Generator().manual_seed(first + i)) for i in range(count)]
    )
    w = generator.mean + truncation * (generator.mapping(z) - generator.mean)
    w = w + torch.tensor(sliders) @ directions
    styles = w[:, None].repeat(1, 9, 1)
    out = generator(styles, generator.noise(1, torch.Generator().manual_seed(0)))
    return ((out.clamp(-1, 1) + 1) * 127.5).round().byte().permute(0, 2, 3, 1)


def draw(seed, truncation, *sliders):
    return pictures(int(seed), 1, truncation, sliders)[0].numpy()


def sheet(seed, truncation, *sliders):
    cells = pictures(int(seed), 16, truncation, sliders).reshape(4, 4, 64, 64, 3)
    return cells.permute(0, 2, 1, 3, 4).reshape(256, 256, 3).numpy()


with gr.Blocks() as demo:
    knobs = [gr.Number(0, label="seed"), gr.Slider(0, 1.5, 0.7, label="truncation")]
    knobs += [gr.Slider(-3, 3, 0, label=f"d{i}") for i in range(1, 9)]
    one, many = gr.Image(label="cat"), gr.Image(label="sheet")
    for name, function, out in (("draw", draw, one), ("sheet", sheet, many)):
        gr.on([knob.change for knob in knobs], function, knobs, out, api_name=name)

if __name__ == "__main__":
    demo.launch(server_port=int(sys.argv[1]), quiet=True)
