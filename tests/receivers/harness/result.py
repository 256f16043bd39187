"""What a case works with, and what it says at its end."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from .certificates import Certificates
from .processes import Child
from .receiver import Receiver


class Server(Protocol):
    """Whatever a case has started."""

    children: list[Child]

    def stop(self) -> None:
        ...


@dataclass
class Bench:
    """The place of one case: its folder, and the servers that it started."""

    program: Path
    room: Path
    certificates: Certificates
    tree: Path
    servers: list[Server] = field(default_factory=list)

    def start_receiver(self, name: str) -> Receiver:
        receiver = Receiver(self.tree / name)
        self.servers.append(receiver)
        receiver.prepare(self.room, self.certificates)
        receiver.start()
        return receiver

    def children(self) -> list[Child]:
        return [child for server in self.servers for child in server.children]

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()


@dataclass
class Result:
    files: int = 0
    bytes: int = 0
    told: str = ''
    wrong: list[str] = field(default_factory=list)
    name: str = ''
    seconds: float = 0

    def line(self) -> str:
        word = 'FAILED' if self.wrong else 'ok'
        line = f'{self.name:<29} {self.files:>4} files {self.bytes:>11,} bytes  {word:<6} {self.seconds:5.1f} s  {self.told}'
        return '\n'.join([line, *(f'  {w}' for w in self.wrong)])
