"""Embedding layers for PyTorch without Keras.

Importing it imports PyTorch. May import the rooms up to `verification`.
"""

from glovefast.torch.seeding import embedding_layer

__all__ = ["embedding_layer"]
