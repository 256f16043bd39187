"""A CA made at run time, with a certificate for the servers and one for a client."""

from pathlib import Path

from .processes import run_tool


class Certificates:
    def __init__(self, room: Path):
        self.ca, self.cert, self.key = room / 'ca.pem', room / 'server.pem', room / 'server.key'
        self.client_cert, self.client_key = room / 'client.pem', room / 'client.key'
        self.both = room / 'server-and-key.pem'  # haproxy wants them in one file
        self._room = room
        ca_key = self._make_key('ca')
        self._openssl(
            f'req -x509 -key {ca_key} -out {self.ca} -days 2 -subj /CN=receivers-ca '
            '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign'
        )
        self._sign(
            'server', 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n'
        )
        self._sign('client', 'extendedKeyUsage=clientAuth\n')
        self.both.write_bytes(self.cert.read_bytes() + self.key.read_bytes())
        self.both.chmod(0o600)

    def _openssl(self, arguments: str) -> None:
        run_tool(['openssl', *arguments.split()])

    def _make_key(self, name: str) -> Path:
        path = self._room / f'{name}.key'
        self._openssl(f'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {path}')
        path.chmod(0o600)
        return path

    def _sign(self, name: str, extensions: str) -> None:
        key, request, extra = (
            self._make_key(name),
            self._room / f'{name}.csr',
            self._room / f'{name}.ext',
        )
        extra.write_text(extensions)
        self._openssl(f'req -new -key {key} -out {request} -subj /CN={name}')
        self._openssl(
            f'x509 -req -in {request} -CA {self.ca} -CAkey {self._room}/ca.key -CAcreateserial '
            f'-days 2 -extfile {extra} -out {self._room}/{name}.pem'
        )
