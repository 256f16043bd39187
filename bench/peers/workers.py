"""A receiver as most are: a few workers, each of them busy for a while with one request at a time.

Others wait in the kernel's queue. It speaks plain HTTP on a Unix socket, behind nginx.
usage: workers.py SOCKET COUNT SECONDS
"""

import os
import re
import socket
import sys
import time

REPLY = (
    b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n'
    b'Connection: close\r\n\r\n{"code":0}\n'
)


def read_request(peer: socket.socket) -> bool:
    """False when it was cut off."""
    read = b''
    while b'\r\n\r\n' not in read:
        piece = peer.recv(65536)
        if not piece:
            return False
        read += piece
    head, body = read.split(b'\r\n\r\n', 1)
    length = re.search(rb'(?i)\r\ncontent-length: *(\d+)', head)
    left = int(length.group(1)) - len(body) if length else 0
    while left > 0:
        piece = peer.recv(min(left, 65536))
        if not piece:
            return False
        left -= len(piece)
    return True


def work(listener: socket.socket, seconds: float) -> None:
    while True:
        peer, _ = listener.accept()
        with peer:
            try:
                if read_request(peer):
                    time.sleep(seconds)
                    peer.sendall(REPLY)
            except OSError:
                pass


def main() -> None:
    path, count, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    os.chmod(path, 0o666)
    listener.listen(4096)
    for _ in range(count - 1):
        if os.fork() == 0:
            break
    work(listener, seconds)


if __name__ == '__main__':
    main()
