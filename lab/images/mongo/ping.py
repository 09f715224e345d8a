"""Ask the server for a ping over its wire protocol: exit status 0 when it answers ok, 1 when not."""

import socket
import struct
import sys

COMMAND = b"\x10ping\x00" + struct.pack("<i", 1) + b"\x02$db\x00" + struct.pack("<i", 6) + b"admin\x00"
DOCUMENT = struct.pack("<i", len(COMMAND) + 5) + COMMAND + b"\x00"
BODY = struct.pack("<i", 0) + b"\x00" + DOCUMENT
OK = b"\x01ok\x00" + struct.pack("<d", 1.0)

try:
    with socket.create_connection(("127.0.0.1", 27017), timeout=2) as server:
        server.sendall(struct.pack("<iiii", len(BODY) + 16, 1, 0, 2013) + BODY)
        sys.exit(0 if OK in server.recv(4096) else 1)
except OSError as error:
    sys.exit(f"mongod does not answer: {error}")
