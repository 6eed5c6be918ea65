"""What people see. The only place, with app.py, that imports Gradio."""

from demos import attacks, gan_explorer, ideal_class, style_transfer

TABS = (gan_explorer, style_transfer, attacks, ideal_class)
