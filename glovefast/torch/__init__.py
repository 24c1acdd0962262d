"""Embedding layers for PyTorch without Keras."""
