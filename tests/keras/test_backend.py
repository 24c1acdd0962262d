"""Which backend Keras starts on, and what is said where something is missing."""

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

pytest.importorskip("keras")
from glovefast.keras import backend

BACKENDS = [backend for backend in ("tensorflow", "jax", "torch") if find_spec(backend)]
WRITTEN_BY_KERAS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}


def started(home, script, backend=None):
    """Run a script in a new process, with a directory of its own for Keras's settings."""
    environment = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    environment["KERAS_HOME"] = str(home)
    if backend:
        environment["KERAS_BACKEND"] = backend
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def refused(made):
    """Write a script that prints why glovefast.keras cannot be imported."""
    tried = "try:\n    import glovefast.keras\nexcept ImportError as error:\n    print(error)"
    return f"import os, sys, types\n{made}\n{tried}"


NONE = "; ".join(f"sys.modules[{backend!r}] = None" for backend in ("tensorflow", "jax", "torch"))


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (
            "sys.modules['keras'] = None",
            r"^Keras is not installed .* extras tensorflow, jax, torch, .*: pip install 'glovefast\[tensor",
        ),
        ("sys.modules['keras'] = types.SimpleNamespace(__version__='2.15.0')", r"Keras 2\.15\.0 is too old"),
        (
            "sys.modules['keras'] = types.SimpleNamespace(__version__='3.5.0')",
            r"3\.5\.0 is too old; .* needs 3\.6 ",
        ),
        (
            NONE,
            r"^Keras cannot start its backend \(KERAS_BACKEND is not set\): .*tensorflow.*\. Install "
            r"glovefast with one of its extras tensorflow, jax, torch, ",
        ),
        (
            f"{NONE}; os.environ['KERAS_BACKEND'] = 'torch'",
            r"\(KERAS_BACKEND=torch\): .*\. To install torch: pip install 'glovefast\[torch\]'$",
        ),
        (
            "os.environ['KERAS_BACKEND'] = 'tensorflaw'",
            rf"\(KERAS_BACKEND=tensorflaw\): .*tensorflaw.* Set .*KERAS_BACKEND={BACKENDS[0]} .*before "
            r"Keras is imported\. Install glovefast with one of its extras ",
        ),
    ],
)
def test_missing_or_old_keras_says_how_to_install_it(tmp_path, made, said):
    assert re.search(said, started(tmp_path, refused(made)))


NAMED = "import glovefast.keras, keras; print(keras.backend.backend())"


def test_keras_starts_on_a_backend_that_is_installed(tmp_path):
    assert started(tmp_path, NAMED) == BACKENDS[0]
    # Keras has written its settings by now, and they name TensorFlow in any case.
    assert json.loads((tmp_path / "keras.json").read_text("utf-8")) == WRITTEN_BY_KERAS
    assert started(tmp_path, NAMED) == BACKENDS[0]


def test_backend_is_logged(caplog):
    with caplog.at_level("INFO", logger="glovefast"):
        keras = backend.import_keras()
    assert caplog.messages == [f"Keras {keras.__version__} runs on {keras.backend.backend()}"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_backend_that_was_chosen_stays(tmp_path, backend):
    assert started(tmp_path, NAMED, backend) == backend
    (tmp_path / "keras.json").write_text(json.dumps({**WRITTEN_BY_KERAS, "backend": backend}), "utf-8")
    assert started(tmp_path, NAMED) == backend


@pytest.mark.parametrize("missing", ["tensorflow", "jax", "torch"])
def test_chosen_backend_that_is_missing_is_not_replaced(tmp_path, missing):
    settings = {"backend": missing}
    (tmp_path / "keras.json").write_text(json.dumps(settings), "utf-8")
    said = started(tmp_path, refused(f"sys.modules[{missing!r}] = None"))
    file = re.escape(str(tmp_path / "keras.json"))
    assert re.search(rf"^Keras cannot start its backend \({file} says '{missing}'\): ", said)
    assert f"pip install 'glovefast[{missing}]'" in said
    for other in BACKENDS:
        assert (f"KERAS_BACKEND={other} " in said) is (other != missing)


@pytest.mark.parametrize(
    ("there", "variable", "settings", "chosen"),
    [
        ({"tensorflow", "jax", "torch"}, None, None, None),
        ({"jax", "torch"}, None, None, "jax"),
        ({"torch"}, None, None, "torch"),
        ({"torch"}, None, WRITTEN_BY_KERAS, "torch"),
        ({"torch"}, None, {"floatx": "float16"}, "torch"),
        ({"torch"}, None, "not JSON", "torch"),
        ({"torch"}, None, ["torch"], "torch"),
        ({"torch"}, "", None, "torch"),
        (set(), None, None, None),
        ({"torch"}, "tensorflow", None, "tensorflow"),
        ({"torch"}, None, {**WRITTEN_BY_KERAS, "backend": "jax"}, None),
        ({"torch"}, None, {**WRITTEN_BY_KERAS, "floatx": "float16"}, None),
    ],
)
def test_choice_of_a_backend(tmp_path, monkeypatch, there, variable, settings, chosen):
    monkeypatch.setattr(backend, "_is_installed", there.__contains__)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", variable or "")
    if variable is None:
        monkeypatch.delenv("KERAS_BACKEND")
    if settings is not None:
        text = settings if isinstance(settings, str) else json.dumps(settings)
        (tmp_path / "keras.json").write_text(text, "utf-8")
    backend._choose_backend()
    assert os.environ.get("KERAS_BACKEND") == chosen


def test_folder_is_not_an_installed_library(tmp_path, monkeypatch):
    (tmp_path / "glovefast_nothing").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert not backend._is_installed("glovefast_nothing")
    assert backend._is_installed("keras")
