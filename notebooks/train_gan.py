# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] key="title"
# # Train a GAN, and break it
#
# Two networks learn from each other: G makes digits out of noise, D tells them from handwritten
# ones. First both are built and trained by hand, of plain layers; then with convolutions; then a
# GAN is broken on purpose and repaired.

# %% key="start"
import os
import sys
from pathlib import Path

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "weights").is_dir())
os.chdir(root)
sys.path.insert(0, str(root))

# %% key="digits"
import torch
from torch import nn

import models
from models import images
from models.linear_probe import digits

torch.manual_seed(0)
pictures, values = digits.pictures()  # 10,000 digits, 28 x 28, part of MNIST
real = pictures.flatten(1).float() / 127.5 - 1  # from -1 (black) to 1
print(real.shape)


def show(rows):
    """Digits (N, 784) as one picture."""
    cells = (rows.view(-1, 1, 28, 28) + 1) / 2
    display(images.to_image(images.grid(images.enlarge(cells, 56), 8, 2).expand(3, -1, -1)))


show(real[torch.randperm(len(real))[:8]])

# %% [markdown] key="networks"
# ## Two networks of plain layers
#
# G maps 64 random numbers to 784 grey levels, D maps 784 grey levels to one number: large for
# "real". LeakyReLU lets a little through below 0, so that no unit dies; tanh keeps G's levels
# between -1 and 1.

# %% key="networks_code"
G = nn.Sequential(
    nn.Linear(64, 256), nn.LeakyReLU(0.2),
    nn.Linear(256, 512), nn.LeakyReLU(0.2),
    nn.Linear(512, 784), nn.Tanh(),
)  # fmt: skip
D = nn.Sequential(
    nn.Linear(784, 512), nn.LeakyReLU(0.2), nn.Dropout(0.3),
    nn.Linear(512, 256), nn.LeakyReLU(0.2), nn.Dropout(0.3),
    nn.Linear(256, 1),
)  # fmt: skip
optimizer_g = torch.optim.Adam(G.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_d = torch.optim.Adam(D.parameters(), lr=2e-4, betas=(0.5, 0.999))
fixed = torch.randn(16, 64)  # the same noise each time: so progress can be seen
show(G(fixed).detach())

# %% [markdown] key="loop"
# ## The loop
#
# D's step: real digits have the label 1, generated ones 0. G's step: it wants D to say 1 (the
# non-saturating loss of Goodfellow et al. 2014). G's pictures are detached in D's step, so that
# only D learns there. If D can't tell, each of its two terms is log 2 = 0.69.

# %% key="loop_code"
cross_entropy = nn.BCEWithLogitsLoss()
ones, zeros = torch.ones(128, 1), torch.zeros(128, 1)
for step in range(1, 1501):
    batch = real[torch.randint(len(real), (128,))]
    fake = G(torch.randn(128, 64))

    loss_d = cross_entropy(D(batch), ones) + cross_entropy(D(fake.detach()), zeros)
    optimizer_d.zero_grad()
    loss_d.backward()
    optimizer_d.step()

    loss_g = cross_entropy(D(fake), ones)
    optimizer_g.zero_grad()
    loss_g.backward()
    optimizer_g.step()

    if step in (100, 500, 1000, 1500):
        print(f"step {step}: loss of D {loss_d.item():.2f}, of G {loss_g.item():.2f}")
        show(G(fixed).detach())

# %% [markdown] key="dcgan"
# ## With convolutions
#
# Plain layers see 784 unrelated numbers. A DCGAN (Radford et al. 2016) knows that pixels have
# neighbours: G grows small maps into larger ones, D shrinks them. `models.train_gan` runs the same
# loop with it, and the same settings as the tab "GAN gym".

# %% key="dcgan_code"
trainer = models.train_gan("digits", steps=250, architecture="dcgan", width=16)
display(models.draw_gan(trainer))

# %% [markdown] key="break"
# ## Break it: mode collapse
#
# Eight points in a ring stand for eight kinds of picture. If D learns too slowly, G finds one
# thing that D believes, and makes only that. Orange is generated, blue is real; violet is what D
# takes for real.

# %% key="break_code"
broken = models.train_gan("ring", steps=1500, lr_d=1e-4, r1=0.0)
display(models.draw_gan(broken))

# %% [markdown] key="repair"
# ## Repair it
#
# With the usual rate, and a penalty on D's gradient at real points (R1), D is fast enough to
# notice, and smooth enough to show G the way.

# %% key="repair_code"
healthy = models.train_gan("ring", steps=1500)
display(models.draw_gan(healthy))

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. In the loop by hand, leave out `.detach()`. What happens to G's gradients, and what to the
#    pictures?
# 2. Replace G's loss by the minimax loss, `-cross_entropy(D(fake), zeros)`. Why is it slower at
#    the beginning?
# 3. Train the ring with `loss="wasserstein"`, then with `lr_d=0.3, lr_g=0.3`. Say for each what
#    you see, and why.
