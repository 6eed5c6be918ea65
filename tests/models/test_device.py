import pytest
import torch

from models import device
from models.labels import imagenet
from models.validation import ValidationError


def test_unknown_device_is_refused():
    with pytest.raises(ValidationError, match="auto, cpu, cuda, mps"):
        device.pick("abacus")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_missing_device_is_said():
    with pytest.raises(RuntimeError, match="no such device"):
        device.pick("cuda")


def test_depthwise_networks_stay_in_float32_on_cpus():
    placement = device.place(True, torch.device("cpu"))
    assert placement.dtype == torch.float32
    assert placement.memory_format == torch.channels_last


@pytest.mark.parametrize("units", [True, False])
def test_other_networks_use_bf16_units_where_there_are_some(units, monkeypatch):
    monkeypatch.setattr(device, "has_bf16_units", lambda: units)
    expected = torch.bfloat16 if units else torch.float32
    assert device.place(False, torch.device("cpu")).dtype == expected


@pytest.mark.parametrize("amx", [True, False])
def test_generators_use_bfloat16_only_where_float32_is_dear(amx, monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    expected = torch.bfloat16 if amx else torch.float32
    assert device.place(False, torch.device("cpu"), generator=True).dtype == expected


@pytest.mark.gpu
def test_a_real_accelerator(photo, gpu, gpu_store):
    from models import images, registry

    if gpu.type == "cuda":
        assert not torch.backends.cudnn.allow_tf32
        assert torch.backends.cudnn.deterministic
    try:
        network = gpu_store.get(registry.DEFAULT_BACKBONE)
    except ValidationError as error:
        pytest.skip(f"needs the network's weights: {error}")
    shown = images.square(images.open_image(photo("giant_panda")), 224)
    logits = network(images.to_tensor(shown))
    assert logits.argmax().item() == imagenet.class_index("giant panda")
