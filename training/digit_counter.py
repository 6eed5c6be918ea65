"""Trains the classifier that counts a generator's digits: weights/digit_counter.safetensors.

    python -m training.digit_counter

It learns from the nine thousand digits that the gym's GANs see, and is measured on the thousand
that nobody sees.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from models.gan.training import data as gan_data
from models.gan.training.augment import translate
from models.gan.training.digit_classifier import NAME, DigitCounter
from models.linear_probe import digits
from training.export import save

EPOCHS, BATCH, RATE, DECAY = 16, 64, 3e-3, 0.02


def main() -> None:
    torch.manual_seed(0)
    cells, values = digits.pictures()
    held = torch.arange(len(cells)) % gan_data.HELD_DIGITS == gan_data.HELD_DIGITS - 1
    shown, labels = gan_data.scaled(cells[~held, None]), values[~held]
    network = DigitCounter()
    solver = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY)
    steps = EPOCHS * math.ceil(len(shown) / BATCH)
    course = torch.optim.lr_scheduler.OneCycleLR(solver, RATE, steps)
    for epoch in range(1, EPOCHS + 1):
        network.train()
        for part in torch.randperm(len(shown)).split(BATCH):
            # Generated digits don't sit in the middle either.
            loss = F.cross_entropy(network(translate(shown[part])), labels[part])
            solver.zero_grad()
            loss.backward()
            solver.step()
            course.step()
        network.eval()
        with torch.no_grad():
            chances, found = network(gan_data.scaled(cells[held, None])).softmax(1).max(1)
        accuracy = (found == values[held]).float().mean().item()
        print(f"epoch {epoch}: {accuracy:.4f}", flush=True)
    facts = {
        "licence": "MIT",
        "data": "weights/digits.png",
        "command": "python -m training.digit_counter",
        "measured": {
            "accuracy": round(accuracy, 4),
            "mean_confidence": round(chances.mean().item(), 4),
            "held_out_digits": int(held.sum()),
        },
    }
    save(NAME, network.state_dict(), facts)


if __name__ == "__main__":
    main()
