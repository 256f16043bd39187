"""A store that takes a PUT only with a signature: over the method, the path and the time until which it is good.

The signature may be over a folder instead, `scope`, which ends in a slash. The reply has the digests of what is on the disk.
"""

import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from tls_server import read_options, serve


def signature(secret: str, method: str, scope: str, expires: int) -> str:
    text = f'{method}\n{scope}\n{expires}'
    return hmac.new(secret.encode(), text.encode(errors='surrogateescape'), 'sha256').hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    store: Path
    secret: str

    def _answer(self, status: int, said: dict[str, object], headers: dict[str, str]) -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _why_not(self, path: str, query: dict[str, list[str]]) -> str:
        scope = query.get('scope', [path])[0]
        if scope != path and not (scope.endswith('/') and path.startswith(scope)):
            return 'the signature is of another path'
        expires = query.get('expires', ['0'])[0]
        if not expires.isdecimal() or int(expires) < time.time():
            return 'the signature has expired'
        expected = signature(self.secret, self.command, scope, int(expires))
        given = query.get('signature', [''])[0]
        return '' if hmac.compare_digest(expected, given) else 'the signature is wrong'

    def do_PUT(self) -> None:
        left = int(self.headers['Content-Length'])
        url = urlsplit(self.path)
        path = unquote(url.path, errors='surrogateescape')
        why_not = self._why_not(path, parse_qs(url.query))
        target = Path(os.path.normpath(f'{self.store}/{path}'))
        if not why_not and self.store not in target.parents:
            why_not = 'the path leads out of the store'
        sha256, md5, size = hashlib.sha256(), hashlib.md5(), 0
        temporary = self.store / f'.{id(self)}.part'
        with open(temporary, 'wb') as file:
            while left > 0:
                piece = self.rfile.read(min(left, 1 << 16))
                if not piece:
                    temporary.unlink()
                    self.close_connection = True
                    return
                left -= len(piece)
                if not why_not:
                    file.write(piece)
                    sha256.update(piece)
                    md5.update(piece)
                    size += len(piece)
            file.flush()
            os.fsync(file.fileno())
        if why_not:
            temporary.unlink()
            self._answer(403, {'code': 403, 'error': why_not}, {})
            return
        announced = self.headers.get('X-Sha256', sha256.hexdigest())
        if announced != sha256.hexdigest():
            temporary.unlink()
            self._answer(400, {'code': 400, 'error': 'BadDigest'}, {})
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.rename(target)
        said = {'code': 0, 'size': size, 'sha256': sha256.hexdigest(), 'md5': md5.hexdigest()}
        self._answer(201, said, {'ETag': f'"{md5.hexdigest()}"'})

    def log_message(self, *_: object) -> None:
        pass


def main() -> None:
    given = read_options('store', 'secret')
    Handler.store, Handler.secret = Path(given.store).resolve(), given.secret
    serve(Handler, given)


if __name__ == '__main__':
    main()
