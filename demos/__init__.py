"""What people see. The only place, with app.py, that imports Gradio."""

from demos import lessons, tour
from demos.attacks import tab as attacks
from demos.feature_visualization import tab as feature_visualization
from demos.gan_explorer import tab as gan_explorer
from demos.gan_lab import tab as gan_lab
from demos.linear_probe import tab as linear_probe
from demos.pets import tab as pets
from demos.style_transfer import tab as style_transfer

TABS = (
    gan_explorer,
    gan_lab,
    style_transfer,
    pets,
    linear_probe,
    attacks,
    feature_visualization,
    tour,
    lessons,
)
