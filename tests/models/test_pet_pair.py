"""Two classifiers asked together, on made-up ones whose answers are known."""

import pytest
import torch

from models import breeds, pets
from models.pet_classifier import Seen
from models.pet_pair import PetPair


def seen(breed: int, sure: float, score: float) -> Seen:
    rest = (1 - sure) / 36
    chances = torch.full((37,), rest)
    chances[breed] = sure
    nothing = torch.zeros(1)
    return Seen(chances, chances[:12].sum().item(), score, nothing, nothing, nothing)


class Member:
    def __init__(self, temperature: float, answer: Seen, heat: float, near: dict):
        self.temperature, self.answer, self.near = temperature, answer, near
        self.heat = lambda part, breed, against, contrast: torch.full((2, 2), heat)

    def look(self, pictures):
        return [self.answer] * len(pictures)

    def similar(self, part, count):
        return [(name, self.near.get(name, 0.0)) for name in breeds.NAMES][:count]


@pytest.fixture
def pair():
    one = Member(2.0, seen(0, 0.82, 3.0), 4.0, {"Bengal": 0.9, "pug": 0.2})
    other = Member(0.5, seen(12, 0.64, -1.0), 1.0, {"Bengal": 0.3, "pug": 0.8})
    return PetPair(pets.BOTH, (one, other))


def test_probabilities_and_scores_are_averaged(pair):
    first, second = pair.look(torch.zeros(2, 3, 8, 8))
    assert first.probabilities[0].item() == pytest.approx((0.82 + 0.01) / 2)
    assert first.probabilities[12].item() == pytest.approx((0.005 + 0.64) / 2)
    assert first.probabilities.sum().item() == pytest.approx(1, abs=1e-5)
    assert first.cat == pytest.approx(first.probabilities[:12].sum().item())
    assert first.score == 1.0
    assert first.is_pet
    assert first.top(1)[0][0] == "Abyssinian"
    assert torch.equal(first.probabilities, second.probabilities)


def test_maps_are_averaged_in_calibrated_logits(pair):
    (found,) = pair.look(torch.zeros(1, 3, 8, 8))
    assert pair.heat(found, 0).tolist() == [[2.0, 2.0], [2.0, 2.0]]  # (4/2 + 1/0.5) / 2


def test_similar_breeds_are_those_near_to_both(pair):
    (found,) = pair.look(torch.zeros(1, 3, 8, 8))
    names = dict(pair.similar(found, 2))
    assert names == {"Bengal": pytest.approx(0.6), "pug": pytest.approx(0.5)}


def test_the_shipped_pair_is_made_of_shipped_classifiers():
    spec = pets.spec("pets_both")
    assert all(isinstance(pets.spec(name), pets.PetSpec) for name in spec.members)
    assert {pets.spec(name).side for name in spec.members} == {spec.side}
    assert spec.name not in pets.NAMES  # it can't be attacked as one network
    assert spec.members == ("pets_lite0", "pets_lite2")
