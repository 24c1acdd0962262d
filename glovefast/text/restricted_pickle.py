"""A reader of pickles that builds plain data and runs no code.

Python's own reader imports and calls whatever a pickle names. This one follows the few opcodes that a saved
Tokenizer consists of: strings, numbers, lists, tuples and dictionaries. It imports nothing and calls nothing
that a pickle names. For the names that it knows it makes dictionaries, and for one class it makes a
`SavedObject`. Time and memory are bounded by the length of the pickle.
"""

import pickletools
from collections.abc import Callable
from typing import Any

# Opcodes by their effect.
_VALUES = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
}
_BYTES = {
    "STRING",
    "BINSTRING",
    "SHORT_BINSTRING",
}  # the strings of Python 2, which pickletools gives as Latin-1
_PUT = {"PUT", "BINPUT", "LONG_BINPUT"}
_GET = {"GET", "BINGET", "LONG_BINGET"}
_WITHOUT_EFFECT = {"PROTO", "FRAME"}

# The modules with other names are those of Python 2.
_MAPPINGS = {("collections", "OrderedDict"), ("collections", "defaultdict")}
_INTEGERS = {("builtins", "int"), ("__builtin__", "int"), ("__builtin__", "long")}
_OBJECTS = {("builtins", "object"), ("__builtin__", "object")}
_RECONSTRUCTORS = {("copyreg", "_reconstructor"), ("copy_reg", "_reconstructor")}  # of protocols 0 and 1
_KNOWN = _MAPPINGS | _INTEGERS | _OBJECTS | _RECONSTRUCTORS
_KEY_BITS = 31  # Python hashes larger integers alike if they are chosen well; an index is an int32
_SHOWN_CHARACTERS = 80


class UnreadablePickleError(ValueError):
    """A pickle that is damaged, or that holds something other than plain data."""


class SavedObject:
    """An instance of the one class that a pickle may hold.

    Attributes
    ----------
    state : dict
        The attributes of the instance.
    """

    def __init__(self) -> None:
        self.state: dict[Any, Any] = {}


class _Name(tuple[str, str]):
    """The module and the name of something that a pickle refers to; it is never imported."""

    __slots__ = ()


def read_pickle(data: bytes, is_class: Callable[[str, str], bool]) -> Any:  # noqa: ANN401 - plain data
    """Read a pickle.

    Parameters
    ----------
    data : bytes
        The pickle. Bytes after its end are ignored, as in Python.
    is_class : callable
        A function (module, name) → whether this is the class whose instances the pickle may hold.

    Returns
    -------
    object
        None, a bool, a number, a string, a list, a tuple, a dict or a `SavedObject`.

    Raises
    ------
    UnreadablePickleError
        If the pickle is damaged, or if it holds anything else.
    """
    reader = _Reader(is_class, len(data))
    try:
        for opcode, argument, place in pickletools.genops(data):
            if opcode.name == "STOP":
                return reader.pop()
            reader.place = place or 0
            reader.follow(opcode.name, argument)
    except UnreadablePickleError as error:
        raise UnreadablePickleError(f"{error}, at byte {reader.place}") from None
    except (ValueError, OverflowError) as error:  # of pickletools, and of strings that are not UTF-8
        raise UnreadablePickleError(
            f"it is damaged or not a pickle: {str(error)[:_SHOWN_CHARACTERS]}"
        ) from None
    raise UnreadablePickleError("it ends too early")


class _Reader:
    """The stack and the memo of a pickle."""

    def __init__(self, is_class: Callable[[str, str], bool], length: int) -> None:
        self.place = 0  # of the opcode
        self._is_class = is_class
        self._stack: list[Any] = []
        self._marks: list[int] = []  # the lengths that the stack had
        self._memo: dict[int, Any] = {}
        self._copies_left = length  # a list that is used again and again must not cost more than the pickle
        push, last, items = self._stack.append, self._last, self._items
        self._follow: dict[str, Callable[[Any], object]] = {
            **dict.fromkeys(_VALUES, push),
            **dict.fromkeys(_BYTES, lambda text: push(text.encode("latin-1").decode())),
            **dict.fromkeys(_PUT, self._put),
            **dict.fromkeys(_GET, self._get),
            **dict.fromkeys(_WITHOUT_EFFECT, lambda _: None),
            "MEMOIZE": lambda _: self._put(len(self._memo)),
            "NONE": lambda _: push(None),
            "NEWTRUE": lambda _: push(True),
            "NEWFALSE": lambda _: push(False),
            "EMPTY_LIST": lambda _: push([]),
            "EMPTY_TUPLE": lambda _: push(()),
            "EMPTY_DICT": lambda _: push({}),
            "MARK": lambda _: self._marks.append(len(self._stack)),
            "POP": lambda _: self.pop(),
            "POP_MARK": lambda _: items(),
            "DUP": lambda _: push(self._top()),
            "LIST": lambda _: push(items()),
            "TUPLE": lambda _: push(tuple(items())),
            "TUPLE1": lambda _: push(tuple(last(1))),
            "TUPLE2": lambda _: push(tuple(last(2))),
            "TUPLE3": lambda _: push(tuple(last(3))),
            "DICT": self._make_dict,
            "APPEND": lambda _: self._append(last(1)),
            "APPENDS": lambda _: self._append(items()),
            "SETITEM": lambda _: self._set(last(2)),
            "SETITEMS": lambda _: self._set(items()),
            "GLOBAL": lambda names: self._name(*names.split(" ", 1)),
            "STACK_GLOBAL": lambda _: self._name(*last(2)),
            "REDUCE": self._make,
            "NEWOBJ": self._make,
            "BUILD": self._build,
        }

    def follow(self, opcode: str, argument: Any) -> None:  # noqa: ANN401 - as pickletools gives it
        """Follow one opcode."""
        if opcode not in self._follow:
            raise UnreadablePickleError(f"it holds something other than plain data (opcode {opcode})")
        self._follow[opcode](argument)

    def pop(self) -> Any:  # noqa: ANN401 - plain data
        """Take the last value from the stack."""
        return self._last(1)[0]

    def _last(self, number: int) -> list[Any]:
        """Take the last values from the stack, but none from before the last mark."""
        begin = len(self._stack) - number
        if begin < (self._marks[-1] if self._marks else 0):
            raise UnreadablePickleError("a value is missing")
        values = self._stack[begin:]
        del self._stack[begin:]
        return values

    def _items(self) -> list[Any]:
        """Take all values behind the last mark from the stack."""
        if not self._marks:
            raise UnreadablePickleError("the beginning of a list is missing")
        begin = self._marks.pop()
        values = self._stack[begin:]
        del self._stack[begin:]
        return values

    def _top(self) -> Any:  # noqa: ANN401 - plain data
        """Give the last value of the stack."""
        if len(self._stack) <= (self._marks[-1] if self._marks else 0):
            raise UnreadablePickleError("a value is missing")
        return self._stack[-1]

    def _put(self, place: int) -> None:
        self._memo[place] = self._top()

    def _get(self, place: int) -> None:
        if place not in self._memo:
            raise UnreadablePickleError("it refers to a value that it does not hold")
        self._stack.append(self._memo[place])

    def _append(self, items: list[Any]) -> None:
        target = self._top()
        if type(target) is not list:
            raise UnreadablePickleError(f"it appends to a {type(target).__name__}")
        target += items

    def _set(self, keys_and_values: list[Any]) -> None:
        target = self._top()
        if type(target) is not dict:
            raise UnreadablePickleError(f"it sets items of a {type(target).__name__}")
        if len(keys_and_values) % 2:
            raise UnreadablePickleError("a value is missing")
        keys = keys_and_values[::2]
        for key in keys:  # others may take very long to hash
            if type(key) not in {str, int}:
                raise UnreadablePickleError(f"a key is a {type(key).__name__}, not a string or an integer")
            if type(key) is int and key.bit_length() > _KEY_BITS:
                raise UnreadablePickleError(f"a key is an integer beyond {_KEY_BITS} bits")
        target.update(zip(keys, keys_and_values[1::2], strict=True))

    def _make_dict(self, _argument: object) -> None:
        keys_and_values = self._items()
        self._stack.append({})
        self._set(keys_and_values)

    def _name(self, module: object, name: object) -> None:
        """Take a name, if it is one of the few that are known."""
        if type(module) is not str or type(name) is not str:
            raise UnreadablePickleError("a name is not a string")
        if (module, name) not in _KNOWN and not self._is_class(module, name):
            raise UnreadablePickleError(f"it refers to {f'{module}.{name}'[:_SHOWN_CHARACTERS]!r}")
        self._stack.append(_Name((module, name)))

    def _make(self, _argument: object) -> None:
        """Make the object that a name and its arguments stand for, if it is plain."""
        name, arguments = self._last(2)
        if type(name) is not _Name or type(arguments) is not tuple:
            raise UnreadablePickleError("it calls something that is not a name")
        if name in _MAPPINGS:
            self._stack.append({})
            if arguments and type(arguments[0]) is list:  # the items, in Python 2
                self._set_pairs(arguments[0])
            elif arguments and not (type(arguments[0]) is _Name and arguments[0] in _INTEGERS):
                raise UnreadablePickleError(f"it calls {name[1]} with unknown arguments")
        elif name in _RECONSTRUCTORS and arguments and type(arguments[0]) is _Name:
            self._make_instance(arguments[0])
        elif not arguments:
            self._make_instance(name)
        else:
            raise UnreadablePickleError(f"it calls {name[1]} with unknown arguments")

    def _make_instance(self, name: _Name) -> None:
        if not self._is_class(*name):
            raise UnreadablePickleError(f"it makes an instance of {name[1]}")
        self._stack.append(SavedObject())

    def _set_pairs(self, pairs: list[Any]) -> None:
        self._copies_left -= len(pairs)
        if self._copies_left < 0 or not all(type(pair) in {list, tuple} and len(pair) == 2 for pair in pairs):
            raise UnreadablePickleError("it calls OrderedDict with unknown arguments")
        self._set([value for pair in pairs for value in pair])

    def _build(self, _argument: object) -> None:
        state, target = self.pop(), self._top()
        if type(target) is not SavedObject or type(state) is not dict:
            raise UnreadablePickleError("it sets the state of something that has none")
        target.state = state
