# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] key="title"
# # A GAN and its latent space
#
# A generator G has learnt from pictures of cats to turn random numbers z into pictures. Every z is
# a cat, and cats that are near each other in z look alike. Here you draw cats, walk from one to
# another, and mix two of them.

# %% key="start"
import os
import sys
from pathlib import Path

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "weights").is_dir())
os.chdir(root)
sys.path.insert(0, str(root))

# %% key="sample"
import torch

import models
from models import images

gan = models.load("stylegan_cats64")


def show(pictures, columns=8):
    """Pictures (N, 3, 64, 64) in [0, 1] as one picture."""
    display(images.to_image(images.grid(images.enlarge(pictures, 96), columns)))


z = gan.latents(range(16))  # 16 random vectors, each from its own seed
print(z.shape, z.mean().item(), z.std().item())
show(gan.synthesize(gan.style_codes(z)))

# %% [markdown] key="truncation"
# ## Truncation
#
# G first maps z to a style code w. Moving every w towards the mean, w' = mean + t (w - mean),
# makes cats that are more typical and less different: t = 0 is the mean cat, t = 1 all that G has
# learnt.

# %% key="truncation_code"
for t in (0.0, 0.5, 1.0):
    print("truncation", t)
    show(gan.synthesize(gan.style_codes(z[:8], truncation=t)))

# %% [markdown] key="walk"
# ## A walk
#
# z has 128 numbers, drawn from N(0, I): nearly all such vectors have the same length, about the
# square root of 128. The straight line between two of them passes through shorter ones, on which G
# was never trained. So walks go along the sphere: slerp(a, b; t) = sin((1 - t) o) / sin(o) a +
# sin(t o) / sin(o) b, o being the angle between a and b.


# %% key="walk_code"
def slerp(a, b, t):
    angle = torch.acos(torch.nn.functional.cosine_similarity(a, b, dim=0))
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)


a, b = gan.latents([3, 7])
line = torch.stack([torch.lerp(a, b, t) for t in torch.linspace(0, 1, 8)])
sphere = torch.stack([slerp(a, b, t) for t in torch.linspace(0, 1, 8)])
print("lengths on the line:  ", [round(v.norm().item(), 1) for v in line])
print("lengths on the sphere:", [round(v.norm().item(), 1) for v in sphere])
show(gan.synthesize(gan.style_codes(sphere, truncation=0.7)))

# %% [markdown] key="mix"
# ## Mixing two cats
#
# w is given to each of the nine layers of G. The first ones draw 4 x 4 and 8 x 8 pixels: where the
# head is and how it is held. The last ones draw 64 x 64: colours and fur. So the first layers can
# get the w of one cat, the others that of another.

# %% key="mix_code"
one, other = gan.style_codes(gan.latents([3, 7]), truncation=0.7).split(1)
mixed = [torch.cat([one[:, :layer], other[:, layer:]], 1) for layer in range(0, 10, 3)]
print("layers of the first cat: 0, 3, 6, 9")
show(gan.synthesize(torch.cat(mixed)), columns=4)

# %% [markdown] key="direction"
# ## Directions
#
# Principal components of many w are directions along which cats differ most. Nobody named them:
# what one of them does, you see by moving along it.

# %% key="direction_code"
with torch.inference_mode():
    w = gan.style_codes(gan.latents(range(500)))[:, 0]
_, spread, components = torch.pca_lowrank(w, q=3)
for number in range(3):
    step = spread[number] / len(w) ** 0.5 * components[:, number]
    moved = torch.cat([one + amount * step for amount in torch.linspace(-3, 3, 8)])
    print("component", number + 1)
    show(gan.synthesize(moved))

# %% [markdown] key="discriminator"
# ## The discriminator's opinion
#
# D was trained with G to tell real pictures from generated ones. It gives a number; its sigmoid is
# the probability that the picture is real.

# %% key="discriminator_code"
cat = images.classifier_input("demos/examples/photos/kitten.jpg", 64)
noise = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
for name, picture in {"generated": gan.synthesize(one), "photo": cat, "noise": noise}.items():
    print(f"{name:10} {gan.discriminate(picture).real:6.1%} real")

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Draw the walk along the straight line too. Where does it differ most from that on the sphere,
#    and why there?
# 2. Use "dcgan_cats64" and "vae_cats64". Which pictures are sharper, which more alike? What does
#    each loss reward?
# 3. Find a component that changes the colour only. At which layers is it enough to move w?
