"""nginx, haproxy and Apache httpd in front of a receiver: how each is started and told to read its configuration again."""

import signal
import time
from pathlib import Path

from .certificates import Certificates
from .processes import Child, free_port, run_tool, wait_for_tls
from .receiver import Receiver, fill_template

CONFIGURATIONS = {'nginx': 'nginx.conf', 'haproxy': 'haproxy.cfg', 'apache': 'apache.conf'}


class Box:
    def __init__(
        self, kind: str, tree: Path, room: Path, certificates: Certificates, receiver: Receiver
    ):
        self.kind = kind
        self.port, self.port_tls12, self.port_certified = free_port(), free_port(), free_port()
        self.reloads = 0
        self.children: list[Child] = []
        self._room = room
        self._configuration = room / CONFIGURATIONS[kind]
        values = {
            'ROOM': str(room),
            'PORT': str(receiver.port),
            'BOX': str(self.port),
            'BOX_TLS12': str(self.port_tls12),
            'BOX_CERTIFIED': str(self.port_certified),
            'CA': str(certificates.ca),
            'TLS_CERT': str(certificates.cert),
            'TLS_KEY': str(certificates.key),
            'TLS_BOTH': str(certificates.both),
        }
        template = (tree / 'boxes' / f'{self._configuration.name}.in').read_text()
        self._configuration.write_text(fill_template(template, values))

    def url(self, path: str, port: int | None = None) -> str:
        return f'https://127.0.0.1:{port or self.port}{path}'

    def _argv(self) -> list[str]:
        file = str(self._configuration)
        return {
            'nginx': ['nginx', '-c', file],
            'haproxy': ['haproxy', '-db', '-f', file],
            'apache': ['apache2', '-D', 'FOREGROUND', '-f', file],
        }[self.kind]

    def _start_child(self, *more: str) -> None:
        self.children.append(Child([*self._argv(), *more], self._room / f'{self.kind}.log'))

    def start(self) -> None:
        self._start_child()
        wait_for_tls(self.port, self.children)

    def reload(self) -> None:
        """As an operator does it: requests in flight end, idle connections are closed."""
        if self.kind == 'nginx':
            run_tool(['nginx', '-c', str(self._configuration), '-s', 'reload'])
        elif self.kind == 'haproxy':
            old = self.children[-1]
            self._start_child('-sf', str(old.pid))
        else:
            self.children[0].process.send_signal(signal.SIGUSR1)
        self.reloads += 1
        time.sleep(0.5)

    def stop(self) -> None:
        for child in self.children:
            child.stop()

    def tell_version(self) -> str:
        return run_tool([self._argv()[0], '-v']).splitlines()[0]
