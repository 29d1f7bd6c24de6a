"""The edge: what is asked for where minigrad ends and PyTorch goes on, and who answers.

Who asks for a name, an argument or an operator that minigrad does not have is told whether it is PyTorch's.
And where the two call an argument by different names, PyTorch's is understood too: `add(x, y)` is also called
as `add(input=x, other=y)`. This file only notices that something was asked. The answers are in `subset`,
which is loaded when there is a question; a call without keywords, or with minigrad's own, passes straight
through.
"""

import functools
import inspect
import types

from minigrad.pytorch import as_pytorch, pytorch_names

OPERATORS = {"%": "mod", "//": "floordiv", "&": "and", "|": "or", "^": "xor", "<<": "lshift", ">>": "rshift"}


def watch(space, namespace):
    """Have a module or a class, called `namespace`, answer for the names and arguments it does not have.

    Its functions are guarded, and what its classes are made with: layers, optimisers, schedules. Not that of
    their bases, `nn.Module` for one, which take what a learner's own class hands them.
    """
    if "__add__" in vars(space):                    # tensors have operators, and PyTorch has more of them
        for symbol, word in OPERATORS.items():
            refusal = _refusing(namespace, symbol)
            setattr(space, f"__{word}__", refusal)
            setattr(space, f"__r{word}__", refusal)
        # A class with __getattr__ has Python take the long way for every attribute, for those that are there
        # too: a seventh of an operation's time on single numbers. So what is not there is refused by name.
        for name in pytorch_names()[as_pytorch(namespace)].difference(dir(space)):
            setattr(space, name, _Missing(namespace, name))
        space.__dir__ = _present
    else:
        space.__getattr__ = _answering(namespace)
    for name, value in list(vars(space).items()):
        if name.startswith("_"):
            continue
        if isinstance(value, types.FunctionType):
            setattr(space, name, _guarded(value, space, name, f"{namespace}.{name}"))
        elif isinstance(value, type) and not (value.__base__ is object or issubclass(value, Exception)):
            value.__init__ = _guarded(_making(value), value, "__init__", f"{namespace}.{name}")


def watch_operations(operation_class):
    """The same for all operations. Their calls with keywords all come through one method, `_complete`."""
    complete = operation_class._complete

    def _complete(self, args, named):
        if not named.keys() <= _keywords(self.forward):
            args, named = _fitted(self.forward, [f"minigrad.{self.name}", f"minigrad.Tensor.{self.name}"],
                                  args, named)
        try:
            return complete(self, args, named)
        except TypeError as error:
            raise TypeError(f"{self.name}() {error}") from None     # Python would name the function

    operation_class._complete = _complete


def _answering(namespace):
    def __getattr__(*asked):        # (name) if a module is asked, (self, name) if an object is
        *owner, name = asked
        if name.startswith("__"):               # Python and NumPy look for protocols, often: a quick no
            raise AttributeError(f"{namespace} has no {name}")
        from minigrad.subset import missing

        raise missing(namespace, name, *owner)

    return __getattr__


class _Missing:
    """An attribute of PyTorch's tensors that minigrad's do not have: whoever asks for it is told so."""

    def __init__(self, namespace, name):
        self.namespace, self.name = namespace, name

    def __get__(self, tensor, owner=None):
        from minigrad.subset import missing

        raise missing(self.namespace, self.name, tensor)

    def __repr__(self):
        return "<PyTorch's, outside minigrad's subset>"


def _present(tensor):
    """The attributes of a tensor, as `dir` lists them, without those that are only there to be refused."""
    return [name for name in object.__dir__(tensor)
            if not isinstance(inspect.getattr_static(tensor, name), _Missing)]


def _refusing(namespace, symbol):
    def refusal(self, other):
        from minigrad.subset import OUTSIDE

        raise TypeError(f"{namespace} has no operator {symbol}: {OUTSIDE}")

    return refusal


def _making(kind):
    """The `__init__` of a class, or one that takes no arguments."""
    if kind.__init__ is not object.__init__:
        return kind.__init__

    def __init__(self):
        super(kind, self).__init__()

    __init__.__qualname__ = f"{kind.__name__}.__init__"         # what Python will call it in an error
    return __init__


def _guarded(call, space, name, public):
    """`call`, as an attribute `name` of `space` that understands keywords of PyTorch's, or refuses them."""
    known = _keywords(call)

    @functools.wraps(call)
    def guarded(*args, **named):
        if not named:
            return call(*args)
        if not named.keys() <= known:
            args, named = _fitted(call, [public], args, named)
        return call(*args, **named)

    # Where it is found, so that it can be pickled.
    in_class = isinstance(space, type)
    guarded.__module__ = space.__module__ if in_class else space.__name__
    guarded.__qualname__ = f"{space.__qualname__}.{name}" if in_class else name
    return guarded


@functools.cache
def _keywords(call):
    """The names of the arguments that a function takes by name."""
    code = inspect.unwrap(call).__code__
    return set(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])


def _fitted(call, names, args, named):
    from minigrad.subset import fitted

    return fitted(call, names, args, named)
