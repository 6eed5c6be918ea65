"""What people see. The only place, with app.py, that imports Gradio."""

from demos import attacks, ideal_class, style_transfer

TABS = (style_transfer, attacks, ideal_class)
