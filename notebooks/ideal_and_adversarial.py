# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] key="title"
# # The ideal cat, and the adversarial cat
#
# Training asks how the weights must change so that the loss falls. Here the weights stay, and the
# picture changes: until it is the network's ideal of a Siamese cat, or until a dog is a cat to the
# network while we still see a dog.

# %% key="start"
import os
import sys
from pathlib import Path

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "weights").is_dir())
os.chdir(root)
sys.path.insert(0, str(root))

# %% key="network"
import torch

import models
from models import images

network = models.load("efficientnet_lite0")
CAT = network.spec.class_index("Siamese cat")


def top(x, count=3):
    """What the network says of a picture (1, 3, 224, 224) in [0, 1]."""
    with torch.no_grad():
        p = network(x).softmax(1)[0]
    return [f"{network.spec.classes[i]} {p[i]:.1%}" for i in p.topk(count).indices.tolist()]


# %% [markdown] key="ascent"
# ## Gradient ascent
#
# x begins as grey noise. Each step makes the logarithm of the cat's probability larger: log p(cat
# | x), and its gradient with respect to the pixels. After a few dozen steps the network is
# certain. Are you?


# %% key="ascent_code"
def total_variation(x):
    across, down = x[..., 1:] - x[..., :-1], x[..., 1:, :] - x[..., :-1, :]
    return across.square().mean() + down.square().mean()


def ideal(tv_weight, steps=100):
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) * 0.1 + 0.45
    x.requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.02)
    for _ in range(steps):
        loss = -network(x).log_softmax(1)[0, CAT] + tv_weight * total_variation(x)
        (x.grad,) = torch.autograd.grad(loss, x)
        optimizer.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach()


x = ideal(tv_weight=0)
print(top(x))
display(images.to_image(x))

# %% [markdown] key="smooth"
# ## With a prior
#
# To the network that noise is a perfect cat: it uses patterns that we do not see. A prior says
# what pictures are like: neighbouring pixels differ little (total variation).

# %% key="smooth_code"
x = ideal(tv_weight=100)
print(top(x))
display(images.to_image(x))

# %% [markdown] key="fourier"
# ## With a better prior
#
# `models.ideal_image` paints waves instead of pixels, in the colours of natural pictures, asks a
# second network too, and shows both of them shifted and scaled copies. What is left is more like a
# cat.

# %% key="fourier_code"
picture = models.ideal_image("Siamese cat", steps=96, size=192)
print(network.predict(picture).top(3))
display(picture)

# %% [markdown] key="fgsm"
# ## One step turns a dog
#
# The same gradient, with another aim. FGSM (Goodfellow et al. 2015) makes one step against the
# present class: every colour value changes by at most eps, in the direction that hurts most.

# %% key="fgsm_code"
dog = images.classifier_input("demos/examples/photos/german_shepherd.jpg", 224)
label = network(dog).argmax(1)
print(top(dog))


def gradient(x, wanted):
    x = x.clone().requires_grad_()
    loss = torch.nn.functional.cross_entropy(network(x), wanted)
    return torch.autograd.grad(loss, x)[0]


eps = 4 / 255
attacked = (dog + eps * gradient(dog, label).sign()).clamp(0, 1)
print(top(attacked))
display(images.to_image(attacked))

# %% [markdown] key="pgd"
# ## Dog to cat
#
# PGD (Madry et al. 2018) makes many small steps towards the class that is wanted, and after each
# of them goes back into the box of eps around the photo. Below, the change itself, enlarged.

# %% key="pgd_code"
x = dog.clone()
for _ in range(20):
    x = x - 1 / 255 * gradient(x, torch.tensor([CAT])).sign()
    x = dog + (x - dog).clamp(-eps, eps)
    x = x.clamp(0, 1)
print(top(x))
display(images.to_image(torch.cat([dog, x, 0.5 + 30 * (x - dog)], 3).clamp(0, 1)))

# %% [markdown] key="models"
# ## By `models`, and what survives
#
# `models.adversarial` gives an 8-bit picture that fools when it is saved and opened again. A JPEG
# file rounds exactly those small changes away.

# %% key="models_code"
found = models.adversarial(
    "efficientnet_lite0", "demos/examples/photos/german_shepherd.jpg", target="Siamese cat"
)
print("PNG: ", network.predict(found.image).top(2), "largest change:", found.report.linf, "/ 255")
found.image.save("attacked.jpg", quality=75)
print("JPEG:", network.predict("attacked.jpg").top(2))
Path("attacked.jpg").unlink()

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Attack with eps = 1/255 and 2/255. From which on does the dog become a cat?
# 2. Show the attacked picture to "efficientnet_lite2" and "pets_lite0". Whom does it fool, and why
#    not everybody?
# 3. Draw the ideal "zebra" and the ideal "hammer". What is there besides the thing, and what does
#    that say of the photos that the network was trained on?
