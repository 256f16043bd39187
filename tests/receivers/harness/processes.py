"""Servers as child processes that never outlive the driver, on ports that nobody else has."""

import atexit
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

_children: list['Child'] = []
_ports: set[int] = set()
_lock = threading.Lock()


class Failure(Exception):
    """What a case says when it cannot go on."""


class Child:
    """One server in a process group of its own. Its output goes to a log file."""

    def __init__(self, argv: Sequence[str], log: Path, environment: dict[str, str] | None = None):
        if not shutil.which(argv[0]):
            raise Failure(f'{argv[0]} is not installed (./dev setup receivers)')
        self.log = log
        with open(log, 'ab') as out:
            # setpriv asks the kernel to end the server when the driver dies, however it dies.
            self.process = subprocess.Popen(
                ['setpriv', '--pdeathsig', 'TERM', *argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=os.environ | (environment or {}),
                start_new_session=True,
            )
        with _lock:
            _children.append(self)

    @property
    def pid(self) -> int:
        return self.process.pid

    def signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def kill(self) -> None:
        """SIGKILL to the server and to all processes it has."""
        self.signal_group(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        self.kill()  # workers that a stopped master left behind

    def last_lines(self, most: int = 15) -> str:
        lines = self.log.read_text(errors='replace').splitlines()[-most:]
        return '\n'.join(f'    {self.log.name}: {line}' for line in lines)


@atexit.register
def stop_all() -> None:
    for child in _children:
        child.kill()


def free_port() -> int:
    """A port below those that the kernel gives to clients, so that no connection of ours can take it."""
    with _lock:
        while True:
            port = random.randrange(20000, 32000)
            with socket.socket() as probe:
                try:
                    probe.bind(('127.0.0.1', port))
                except OSError:
                    continue
            if port not in _ports:
                _ports.add(port)
                return port


def wait_for_tls(port: int, children: Sequence[Child], seconds: float = 60) -> None:
    """Returns once a TLS handshake works."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for child in children:
            if child.process.poll() is not None:
                raise Failure(
                    f'{child.log.name} ended with {child.process.returncode} before all listened'
                )
        try:
            with socket.create_connection(('127.0.0.1', port), 5) as plain:
                with context.wrap_socket(plain):
                    return
        except OSError:
            time.sleep(0.05)
    raise Failure(f'nobody listens on port {port} after {seconds:.0f} s')


def run_tool(argv: Sequence[str | bytes], seconds: float = 60, **more: object) -> str:
    """What a tool prints; a tool that fails is a failure of the case."""
    done = subprocess.run(argv, capture_output=True, timeout=seconds, stdin=subprocess.DEVNULL, **more)  # type: ignore[call-overload]
    text: str = (done.stdout + done.stderr).decode(errors='replace').strip()
    if done.returncode:
        raise Failure(f'{argv!r} ended with {done.returncode}: {text}')
    return text
