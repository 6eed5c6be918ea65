"""What people see. The only place, with app.py, that imports Gradio."""

from demos import (
    attacks,
    gan_explorer,
    gan_training,
    ideal_class,
    lessons,
    pet_breeds,
    style_transfer,
    tour,
    train_head,
)

TABS = (
    gan_explorer,
    gan_training,
    style_transfer,
    pet_breeds,
    train_head,
    attacks,
    ideal_class,
    tour,
    lessons,
)
