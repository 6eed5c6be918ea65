# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] key="title"
# # Style transfer by hand
#
# A picture is changed until a network finds the content of one photo and the style of another in
# it (Gatys et al. 2016). Nothing is trained: it is the picture that is optimized. First all three
# losses by hand, then the same by `models`.

# %% key="start"
import os
import sys
from pathlib import Path

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "weights").is_dir())
os.chdir(root)
sys.path.insert(0, str(root))

# %% key="pictures"
import torch

import models
from models import images

SIZE = 192
network = models.load("efficientnet_lite0")
content_photo = images.fit(images.open_image("demos/examples/photos/chelsea.jpg"), SIZE)
style_photo = images.fit(images.open_image("demos/examples/styles/starry_night.jpg"), SIZE)
content, style = images.to_tensor(content_photo), images.to_tensor(style_photo)  # (1, 3, h, w)
display(content_photo, style_photo)

# %% [markdown] key="features"
# ## What the network sees
#
# Every layer gives maps: one number for each channel and place. Early layers answer to edges and
# colours, late ones to parts of things. Style is compared at several layers, content at one in the
# middle.

# %% key="features_code"
style_layers = network.spec.style_layers[:6]
content_layer = network.spec.content_layer
for layer, maps in zip(style_layers, network.features(content, style_layers), strict=True):
    print(f"{layer:16} channels, height, width: {tuple(maps.shape[1:])}")
display(models.feature_maps(content_photo, "blocks.1").image)

# %% [markdown] key="content_loss"
# ## Content loss
#
# The mean squared difference of the maps at one layer: the same thing at the same place.


# %% key="content_code"
def content_loss(maps, wanted):
    return (maps - wanted).square().mean() / wanted.var()


# %% [markdown] key="style_loss"
# ## Style loss
#
# The Gram matrix says which channels are active together, averaged over all places: G_ij = mean of
# F_i F_j. Where something is, it forgets; so it holds texture and colour, and no things.


# %% key="style_code"
def gram(maps):
    flat = maps.flatten(2)[0]  # (channels, places)
    return flat @ flat.T / flat.shape[1]


def style_loss(maps, wanted):
    return (gram(maps) - wanted).square().sum() / wanted.square().sum()


# %% [markdown] key="tv_loss"
# ## Total variation
#
# The mean squared difference of neighbouring pixels. It keeps the speckle away that networks like,
# and people don't.


# %% key="tv_code"
def total_variation(x):
    across, down = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    return across.square().mean() + down.square().mean()


# %% [markdown] key="loop"
# ## The loop
#
# x begins as the photo. Each step computes the three losses, their gradient with respect to the
# pixels of x, and moves x a little. The network stays as it is.

# %% key="loop_code"
layers = [*style_layers, content_layer]
with torch.no_grad():
    wanted_styles = [gram(maps) for maps in network.features(style, style_layers)]
    wanted_content = network.features(content, [content_layer])[0]

x = content.clone().requires_grad_()
optimizer = torch.optim.Adam([x], lr=0.02)
for step in range(81):
    *styles, middle = network.features(x, layers)
    loss_c = content_loss(middle, wanted_content)
    loss_s = sum(style_loss(m, w) for m, w in zip(styles, wanted_styles, strict=True)) / len(styles)
    loss_v = total_variation(x)
    loss = loss_c + 20 * loss_s + 10 * loss_v
    (x.grad,) = torch.autograd.grad(loss, x)
    optimizer.step()
    with torch.no_grad():
        x.clamp_(0, 1)
    if step % 20 == 0:
        print(f"step {step}: content {loss_c:.3f}, style {loss_s:.3f}, variation {loss_v:.4f}")
display(images.to_image(x))

# %% [markdown] key="models"
# ## The same by `models`
#
# `models.stylize` adds what makes it better: it works from small to large, compares centred
# covariances beside the means, and balances the three losses for every pair of pictures, so that a
# weight of 1 suits.

# %% key="models_code"
picture = models.stylize(content_photo, style_photo, size=SIZE, steps=80)
display(picture)

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Begin with noise: `x = torch.rand_like(content)`. How many steps until the cat is back? What
#    if `loss_c` counts 0?
# 2. Compare style at the first two layers only, then at the last two. What size do the strokes
#    have, and why?
# 3. Take two pictures of your own. For which pairs does it work badly? What do the Gram matrices
#    of those not say?
