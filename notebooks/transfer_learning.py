# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] key="title"
# # Transfer learning
#
# A network that was trained on ImageNet's 1,000 classes has never been asked for breeds of pets.
# What it has learnt helps all the same: first a head is trained on its frozen features; then, for
# a task that is farther away, the network itself is trained on a little.

# %% key="start"
import os
import sys
from pathlib import Path

here = Path.cwd()
root = next(folder for folder in (here, *here.parents) if (folder / "weights").is_dir())
os.chdir(root)
sys.path.insert(0, str(root))

# %% key="features"
import torch
from torch import nn

import models
from models.labels import breeds
from models.linear_probe import digits, features

torch.manual_seed(0)
train, test = features.load("breeds", "imagenet")
print(train.features.shape, "training photos, one vector of 1,280 features each")
print(len(test.labels), "test photos,", test.classes, "breeds:", ", ".join(breeds.NAMES[:5]), "...")

# %% [markdown] key="frozen"
# ## Frozen features
#
# EfficientNet-Lite0 was shown each photo once, and the means of its last maps were kept. The
# network is not trained any more, so these vectors never change, and training takes a second.

# %% [markdown] key="head"
# ## The head
#
# One linear layer, W x + b, from features to 37 breeds, trained with cross-entropy. Every number
# is divided by the features' own size first, so that one learning rate suits.


# %% key="head_code"
def train_head(train, test, epochs=20, rate=0.003):
    scale = train.features.square().mean().sqrt()
    x, x_test = train.features / scale, test.features / scale
    head = nn.Linear(x.shape[1], train.classes)
    optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=0.1)
    for epoch in range(1, epochs + 1):
        for batch in torch.randperm(len(x)).split(256):
            loss = nn.functional.cross_entropy(head(x[batch]), train.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        with torch.no_grad():
            right = (head(x_test).argmax(1) == test.labels).float().mean()
        if epoch in (1, 2, 5, 10, 20):
            print(f"epoch {epoch:2}: {right:.1%} of the test photos right")
    return head


head = train_head(train, test)

# %% [markdown] key="control"
# ## Is it the training on ImageNet?
#
# The control: features of the same network with random weights. Guessing would be right for one
# photo of 37, 2.7%.

# %% key="control_code"
train_head(*features.load("breeds", "untrained"))

# %% [markdown] key="few"
# ## How few photos are enough?
#
# `models.train_probe` is the same head, as in the tab "Train it yourself".

# %% key="few_code"
for per_class in (1, 5, 20, 0):
    probe = models.train_probe("breeds", per_class=per_class)
    print(f"{per_class or 'all':>4} photos a breed: {probe.accuracy:.1%}")
display(models.train_probe("cats_vs_dogs", per_class=5).confusion_matrix)

# %% [markdown] key="far"
# ## A task that is farther away
#
# Handwritten digits are no photos. Again a head on frozen features first: 200 digits to learn
# from, 500 to test.

# %% key="far_code"
pictures, values = digits.pictures()
order = torch.randperm(len(pictures), generator=torch.Generator().manual_seed(1))
x = pictures[order[:700], None].float().expand(-1, 3, -1, -1) / 255
x = nn.functional.interpolate(x, size=64, mode="bilinear")
y = values[order[:700]]
learn, judge = slice(0, 200), slice(200, 700)

base = models.load("efficientnet_lite0")
with torch.no_grad():
    pooled = torch.cat([base.features(part, ["bn2"])[0].mean((2, 3)) for part in x.split(50)])
known = features.Samples(pooled[learn], y[learn], 10)
unseen = features.Samples(pooled[judge], y[judge], 10)
head = train_head(known, unseen, epochs=20, rate=0.01)

# %% [markdown] key="fine"
# ## Fine-tuning
#
# Now all weights of a copy of the network may change, with a small learning rate, so that what it
# knows is bent and not broken. Its batch norms keep the statistics of ImageNet: 200 digits are too
# few to measure new ones.

# %% key="fine_code"
import copy

tuned = copy.deepcopy(base.network).eval().requires_grad_(True)
tuned.classifier = nn.Linear(1280, 10)
nn.init.zeros_(tuned.classifier.weight)
optimizer = torch.optim.AdamW(
    [
        {"params": [p for n, p in tuned.named_parameters() if "classifier" not in n], "lr": 5e-4},
        {"params": tuned.classifier.parameters(), "lr": 1e-2},
    ]
)
for epoch in range(1, 9):
    for batch in torch.randperm(200).split(20):
        loss = nn.functional.cross_entropy(tuned(base.normalize(x[batch])), y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        answers = torch.cat([tuned(base.normalize(part)).argmax(1) for part in x[judge].split(50)])
    print(f"epoch {epoch}: {(answers == y[judge]).float().mean():.1%} of the test digits right")

# %% [markdown] key="pets"
# ## The pet classifier
#
# `pets_lite0` is a fine-tuned Lite0: its last stages were trained on the same photos. It names
# breeds better than the head alone, and knows when a picture shows no pet.

# %% key="pets_code"
pets = models.load("pets_lite0")
for name in ("chelsea", "kitten", "german_shepherd", "coffee"):
    prediction = pets.predict(f"demos/examples/photos/{name}.jpg")
    (breed, p), *_ = prediction.top(1)
    print(f"{name:16} {breed} ({p:.0%})" if prediction.is_pet else f"{name:16} no pet")

# %% [markdown] key="exercises"
# ## Exercises
#
# 1. Fine-tune with a learning rate of 0.05 instead of 0.0005. What happens, and in which epoch can
#    you tell?
# 2. Freeze the first half of the blocks while fine-tuning. Is it worse? What do the first blocks
#    know?
# 3. Take photos of two things on your desk, ten each, and train a head to tell them apart.
