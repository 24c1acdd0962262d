"""Keras layers of vectors and of strings, models that grow by new words, and trained layers saved as stores.

Importing it imports Keras, and registers `PartlyTrainableEmbedding` and `TokenizerLayer` so that
``keras.models.load_model`` finds them. May import every room but `demo` and `cli`.
"""

from glovefast.keras.growing import GrownModel, grow_model
from glovefast.keras.partly_trainable import PartlyTrainableEmbedding
from glovefast.keras.saving import save_embedding
from glovefast.keras.seeding import embedding_layer, partly_trainable_layer
from glovefast.keras.tokenizer_layer import TokenizerLayer
from glovefast.keras.vectorizing import text_vectorization

__all__ = [
    "GrownModel",
    "PartlyTrainableEmbedding",
    "TokenizerLayer",
    "embedding_layer",
    "grow_model",
    "partly_trainable_layer",
    "save_embedding",
    "text_vectorization",
]
