"""The second discriminator learns, and its gradient reaches the pictures and not the backbone."""

import torch

from training.aid import Aid


def test_it_learns_to_tell_bright_from_dark():
    torch.manual_seed(0)
    bright, dark = torch.full((4, 3, 64, 64), 0.8), torch.full((4, 3, 64, 64), -0.8)
    bright, dark = bright + 0.1 * torch.randn(4, 3, 64, 64), dark + 0.1 * torch.randn(4, 3, 64, 64)
    aid = Aid(torch.cat([bright, dark]))
    adam = torch.optim.Adam(aid.heads.parameters(), 2e-3)
    first = aid.loss_d(dark, bright).item()
    for _ in range(8):
        loss = aid.loss_d(dark, bright)
        adam.zero_grad()
        loss.backward()
        adam.step()
    assert loss.item() < first
    dark.requires_grad_()
    aid.loss_g(dark).backward()
    assert dark.grad.abs().sum() > 0
    assert all(p.grad is None for p in aid.backbone.parameters())
