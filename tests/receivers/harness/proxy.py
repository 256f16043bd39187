"""squid, tinyproxy, microsocks, and haproxy with TLS in front of squid: forward proxies that ask for a user and a password."""

import shutil
import socket
import tempfile
import time
from pathlib import Path

from .certificates import Certificates
from .processes import Child, Failure, free_port, run_tool
from .receiver import fill_template

USER, PASSWORD = 'me', 'proxy-CANARY-8d1f'
SCHEMES = {
    'squid': 'http',
    'tinyproxy': 'http',
    'microsocks': 'socks5h',
    'haproxy': 'https',
}
KINDS = tuple(SCHEMES)


class Proxy:
    def __init__(
        self, kind: str, tree: Path, certificates: Certificates, address: str = '127.0.0.1'
    ):
        self.kind, self.address, self.port = kind, address, free_port()
        self.children: list[Child] = []
        self._certificates = certificates
        # squid gives up root's rights, and must find its files all the same.
        self._room = Path(tempfile.mkdtemp(prefix='sluice-proxy-'))
        self._room.chmod(0o777)
        self._behind = Proxy('squid', tree, certificates) if kind == 'haproxy' else None
        values = {
            'ROOM': str(self._room),
            'ADDRESS': address,
            'PROXY': str(self.port),
            'SQUID': str(self._behind.port if self._behind else 0),
            'USER': USER,
            'PASSWORD': PASSWORD,
            'TLS_BOTH': str(certificates.both),
        }
        for template in (tree / 'proxies').glob(f'{kind}.*.in'):
            self._file = self._room / template.stem
            self._file.write_text(fill_template(template.read_text(), values))
        if kind == 'squid':
            (self._room / 'passwords').write_text(
                f'{USER}:{run_tool(["openssl", "passwd", "-apr1", PASSWORD])}\n'
            )

    def url(self, login: bool = True) -> str:
        who = f'{USER}:{PASSWORD}@' if login else ''
        return f'{SCHEMES[self.kind]}://{who}{self.address}:{self.port}'

    def options_of_curl(self, login: bool = True) -> list[str]:
        return [
            '--proxy',
            self.url(login),
            '--proxy-cacert',
            str(self._certificates.ca),
        ]

    def options_of_sluice(self, login: bool = True) -> list[str]:
        trust = ['--proxy-cacert', str(self._certificates.ca)] if self.kind == 'haproxy' else []
        return ['--proxy', self.url(login), *trust]

    def _argv(self) -> list[str]:
        if self.kind == 'microsocks':
            return [
                'microsocks',
                '-i',
                '127.0.0.1',
                '-p',
                str(self.port),
                '-u',
                USER,
                '-P',
                PASSWORD,
            ]
        return {
            'squid': ['squid', '-N', '-f', str(self._file)],
            'tinyproxy': ['tinyproxy', '-d', '-c', str(self._file)],
            'haproxy': ['haproxy', '-db', '-f', str(self._file)],
        }[self.kind]

    def start(self) -> None:
        if self._behind and not self._behind.children:
            self._behind.start()
        self.children.append(Child(self._argv(), self._room / 'log'))
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.children[-1].process.poll() is not None:
                raise Failure(f'{self.kind} ended:\n{self.children[-1].last_lines()}')
            try:
                socket.create_connection((self.address, self.port), 5).close()
                return
            except OSError:
                time.sleep(0.05)
        raise Failure(f'{self.kind} does not listen after 60 s')

    def kill(self) -> None:
        self.children[-1].kill()
        (self._room / 'squid.pid').unlink(missing_ok=True)

    def stop(self) -> None:
        for child in self.children:
            child.stop()
        if self._behind:
            self._behind.stop()
        shutil.rmtree(self._room, ignore_errors=True)
