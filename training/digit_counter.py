"""Trains the classifier that counts which digits a GAN makes: weights/digit_counter.safetensors.

    python -m training.digit_counter

It is trained on the nine thousand digits that the GAN lab's networks are trained on, and measured
on the thousand that are held out from both.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from models.gan.training import data as gan_data
from models.gan.training.augment import translate
from models.gan.training.digit_classifier import NAME, DigitClassifier
from models.linear_probe import digits
from training.export import save

EPOCHS, BATCH, LR, WEIGHT_DECAY = 16, 64, 3e-3, 0.02


def main() -> None:
    torch.manual_seed(0)
    cells, values = digits.pictures()
    held_out = gan_data.held_out_digits(len(cells))
    pictures, labels = gan_data.scaled(cells[~held_out, None]), values[~held_out]
    network = DigitClassifier()
    optimizer = torch.optim.AdamW(network.parameters(), LR, weight_decay=WEIGHT_DECAY)
    steps = EPOCHS * math.ceil(len(pictures) / BATCH)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, steps)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for batch in torch.randperm(len(pictures)).split(BATCH):
            # Shifted, as generated digits are not always centred.
            loss = F.cross_entropy(network(translate(pictures[batch])), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
        network.eval()
        with torch.no_grad():
            probabilities = network(gan_data.scaled(cells[held_out, None])).softmax(1)
        confidence, predicted = probabilities.max(1)
        accuracy = (predicted == values[held_out]).float().mean().item()
        print(f"epoch {epoch}: {accuracy:.4f}", flush=True)
    facts = {
        "licence": "MIT",
        "data": "weights/digits.png",
        "command": "python -m training.digit_counter",
        "measured": {
            "accuracy": round(accuracy, 4),
            "mean_confidence": round(confidence.mean().item(), 4),
            "held_out_digits": int(held_out.sum()),
        },
    }
    save(NAME, network.state_dict(), facts)


if __name__ == "__main__":
    main()
