"""Runs whose networks are told a class: beside a textbook's loop, and what is shown of them."""

import copy

import pytest
import torch

from models.gan.training import losses
from models.gan.training import trainer as trainer_module
from models.gan.training.settings import TrainingSettings
from models.gan.training.trainer import Trainer
from models.validation import ValidationError
from tests.models.gan.training.helpers import RING, WHOLE, all_finite, made, pictures, same
from tests.models.gan.training.test_labels import some


def told(architecture="dense", **values):
    values = {"classes": (2, 7), "width": 4, "latent": 3, "batch": 8, "r1": 0.0} | values
    return made(architecture, digits(), **values)


def digits(side=16):
    data = some()
    train, held = (of.repeat(1, 1, side // 4, side // 4) for of in (data.train, data.held_out))
    return type(data)("digits", train, held, True, data.digits, data.held_out_digits)


def textbook(trainer, rounds):
    """Two networks told the label of the real example, in one plain loop."""
    G, D, settings = copy.deepcopy(trainer.G), copy.deepcopy(trainer.D), trainer.settings
    rng = torch.Generator().manual_seed(settings.seed)
    adam_d, adam_g = (
        torch.optim.Adam(network.parameters(), settings.lr_d, (0.0, 0.99), fused=True)
        for network in (D, G)
    )

    def noise():
        return torch.randn(settings.batch, settings.latent, generator=rng)

    def real():
        return trainer.labels.draw(settings.batch, settings.shuffled_labels, rng)

    for step in range(rounds):
        x, y = real()
        fake = copy.deepcopy(G)(noise(), y).detach()
        of_real, of_fake = D(torch.cat([x, fake]), torch.cat([y, y])).chunk(2)
        loss = losses.discriminator(settings.loss, of_real, of_fake)
        for gamma, examples in ((settings.r1, x), (settings.r2, fake)):
            if gamma and step % 4 == 0:
                squared = losses.squared_gradient(lambda at, y=y: D(at, y), examples)
                loss = loss + gamma / 2 * 4 * squared
        adam_d.zero_grad()
        loss.backward()
        adam_d.step()
        x, y = real()
        fake = G(noise(), y)
        adam_g.zero_grad()
        losses.generator(settings.loss, D(fake, y), D(x, y)).backward()
        adam_g.step()
    return G, D


@pytest.mark.parametrize(
    "values",
    [{}, {"loss": "relativistic", "r1": 1.0, "r2": 2.0}, {"shuffled_labels": 0.5}],
)
def test_rounds_are_the_textbook_s(values):
    trainer = told(**values)
    G, D = textbook(trainer, 4)
    trainer.train(rounds=4)
    for mine, plain in ((trainer.G, G), (trainer.D, D)):
        for name, value in plain.state_dict().items():
            # Some gradients are 0 but for rounding, of which Adam takes the sign.
            torch.testing.assert_close(mine.state_dict()[name], value, atol=8.1e-3, rtol=1e-3)
            assert float((mine.state_dict()[name] - value).abs().median()) < 1e-5


@pytest.mark.parametrize("architecture", ["dense", "dcgan"])
@pytest.mark.parametrize(
    "values",
    [
        {}, {"loss": "relativistic", "r1": 0.1, "r2": 0.1}, {"loss": "wasserstein"},
        {"spectral": True}, {"augment": True}, {"ema": 0.5}, {"classes": (5,)},
    ],
)  # fmt: skip
def test_every_kind_of_run_can_be_told(architecture, values):
    trainer = told(architecture, **values)
    trainer.train(rounds=3)
    assert not trainer.diverged
    assert all_finite(trainer)
    again = told(architecture, **values)
    again.train(rounds=1)
    again.train(rounds=2)
    assert same(trainer.state()["G"], again.state()["G"])


def test_a_strip_has_a_column_for_each_class_and_a_row_for_each_latent(monkeypatch):
    trainer = told(classes=(2, 7, 9))
    seen = []

    def spy(network, inputs, labels):
        seen.append((inputs, labels))
        return torch.zeros(len(inputs), 1, 16, 16)

    monkeypatch.setattr(trainer_module, "forward", spy)
    assert len(trainer.snapshot().samples) == 12
    ((z, labels),) = seen
    assert labels.tolist() == [0, 1, 2] * 4
    for row in range(4):
        for column in range(3):
            assert torch.equal(z[3 * row + column], trainer.latents[row])
    seen.clear()
    assert len(trainer.sample_class(trainer.latents, 9)) == 16
    ((z, labels),) = seen
    assert torch.equal(z, trainer.latents)
    assert labels.tolist() == [2] * 16


def test_a_class_that_the_run_was_not_told_of():
    with pytest.raises(ValidationError, match=r"classes can't be 5. Choose one of: 2, 7"):
        told().sample_class(torch.zeros(2, 3), 5)


@pytest.mark.parametrize("data", [RING, pictures()])
def test_classes_need_labels(data):
    architecture = "mlp" if data is RING else "dense"
    with pytest.raises(ValidationError, match="classes can only be given"):
        Trainer(data, TrainingSettings(architecture=architecture, classes=[1, 2]))


def test_labels_are_shuffled_and_repaired_while_it_runs():
    trainer = told(shuffled_labels=0.5)
    trainer.train(rounds=1)
    trainer.configure(trainer.settings.replace(shuffled_labels=0.0))
    snapshot = trainer.advance(WHOLE, rounds=1)
    assert snapshot.rounds == 2
    with pytest.raises(ValueError, match="new networks"):
        trainer.configure(trainer.settings.replace(classes=(2, 7, 8)))
