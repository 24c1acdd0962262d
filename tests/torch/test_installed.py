"""What is said where PyTorch is missing."""

import subprocess
import sys


def test_missing_pytorch_names_the_extra():
    code = """import sys
sys.modules['torch'] = None
try:
    from glovefast.torch import embedding_layer
except ImportError as error:
    print(type(error).__name__, error)"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("DependencyError PyTorch cannot be imported (")
    assert done.stdout.endswith("extra torch: pip install 'glovefast[torch]'\n")
