"""A folder that takes PUT and MKCOL as WebDAV has them (RFC 4918): nothing is stored in a folder that is not there."""

from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote

from tls_server import read_options, serve


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    store: Path

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def _target(self) -> Path:
        target = (self.store / unquote(self.path).strip('/')).resolve()
        if self.store not in target.parents:
            raise ValueError('the path leads out of the store')
        return target

    def do_MKCOL(self) -> None:
        target = self._target()
        if not target.parent.is_dir():
            self._answer(409)
        elif target.exists():
            self._answer(405)
        else:
            target.mkdir()
            self._answer(201)

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers['Content-Length']))
        target = self._target()
        if not target.parent.is_dir():
            self._answer(409)
            return
        target.write_bytes(body)
        self._answer(201)

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    given = read_options('store')
    Handler.store = Path(given.store).resolve()
    serve(Handler, given)


if __name__ == '__main__':
    main()
