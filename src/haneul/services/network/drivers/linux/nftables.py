"""libnftables in this process: rulesets are applied whole or not at all, in the thread's namespace."""

from __future__ import annotations

import ctypes
import functools
import threading

from haneul.kernel.errors import DriverError, ImpossibleHere

_one_at_a_time = threading.Lock()  # the library's parser is not promised to be safe in several threads


@functools.cache
def _library() -> ctypes.CDLL:
    try:
        library = ctypes.CDLL("libnftables.so.1")
    except OSError as error:
        raise ImpossibleHere("libnftables.so.1 is not installed.") from error
    library.nft_ctx_new.restype = ctypes.c_void_p
    library.nft_ctx_new.argtypes = [ctypes.c_uint32]
    library.nft_ctx_get_output_buffer.restype = ctypes.c_char_p
    library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
    library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    for name in ("nft_ctx_buffer_output", "nft_ctx_buffer_error", "nft_ctx_get_output_buffer"):
        getattr(library, name).argtypes = [ctypes.c_void_p]
    library.nft_ctx_get_error_buffer.argtypes = [ctypes.c_void_p]
    library.nft_ctx_free.argtypes = [ctypes.c_void_p]
    library.nft_ctx_free.restype = None
    return library


def apply(ruleset: str) -> str:
    """The ruleset holds as one transaction; gives what nft printed."""
    library = _library()
    with _one_at_a_time:
        context = library.nft_ctx_new(0)
        if not context:
            raise DriverError("libnftables gave no context.")
        try:
            library.nft_ctx_buffer_output(context)
            library.nft_ctx_buffer_error(context)
            failed = library.nft_run_cmd_from_buffer(context, ruleset.encode())
            printed = (library.nft_ctx_get_output_buffer(context) or b"").decode()
            problem = (library.nft_ctx_get_error_buffer(context) or b"").decode()
        finally:
            library.nft_ctx_free(context)
    if failed:
        raise DriverError(f"nft refused: {problem.strip()}")
    return printed
