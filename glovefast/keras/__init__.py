"""The Keras side: a store's vectors in layers, layers that live on, and learned layers as stores.

Importing it imports Keras and makes its own layer known there, so that ``keras.models.load_model`` finds it.
"""

from glovefast.keras.growing import GrownModel, grow_model
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.keras.saving import save_embedding
from glovefast.keras.seeding import embedding_layer, partly_trainable_layer
from glovefast.keras.vectorizing import text_vectorization

__all__ = [
    "GrownModel",
    "PartlyTrainableEmbedding",
    "embedding_layer",
    "grow_model",
    "partly_trainable_layer",
    "save_embedding",
    "text_vectorization",
]
