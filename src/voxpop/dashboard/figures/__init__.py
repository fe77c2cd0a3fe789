"""Figures: numbers in, what Plotly draws out, as plain values."""
