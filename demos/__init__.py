"""What people see. The only place, with app.py, that imports Gradio."""
