"""Keras layers with a store's vectors, models that grow by new words, and trained layers saved as stores.

Importing it imports Keras, and registers `PartlyTrainableEmbedding` so that ``keras.models.load_model`` finds
it. May import every room but `demo` and `cli`.
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
