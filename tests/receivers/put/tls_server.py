"""What the stores here share: a server over TLS with a thread for each connection."""

import argparse
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def read_options(*more: str) -> argparse.Namespace:
    """`--port`, `--cert` and `--key`, and those that the store has besides; all must be given."""
    parser = argparse.ArgumentParser()
    for name in ('port', 'cert', 'key', *more):
        parser.add_argument(f'--{name}', required=True)
    return parser.parse_args()


def serve(handler: type[BaseHTTPRequestHandler], given: argparse.Namespace) -> None:
    server = Server(('127.0.0.1', int(given.port)), handler)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(given.cert, given.key)
    # The handshake is the connection's own thread's: a client that takes its time keeps nobody else waiting.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.serve_forever()
