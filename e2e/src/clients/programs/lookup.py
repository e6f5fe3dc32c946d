"""socket.getaddrinfo of one name, once."""

import socket
import sys
import time

began = time.monotonic()
try:
    found = socket.getaddrinfo(sys.argv[1], None, type=socket.SOCK_STREAM)
    text = "found " + " ".join(address[0] for *_, address in found)
except OSError as error:
    text = f"failed {type(error).__name__}: {error}"
print(f"{(time.monotonic() - began) * 1000:.1f} {text}")
