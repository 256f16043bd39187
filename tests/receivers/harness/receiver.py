"""A receiver is a folder with a receiver.toml. docs/receivers.md says how to add one.

title        what the report calls it
versions     commands whose first lines tell its version
build        commands that run once, one after the other (optional)
start        commands of servers that stay in the foreground; the last one listens on @PORT@
environment  more variables for them (optional); STORE, PORT, TLS_CERT and TLS_KEY are always there
[[known]]    one for each file that this receiver is known to lose or to rename: `file` is its label in files.py,
             `becomes` is the name that the receiver gives it, or is left out when it is lost, `reason` says why, and `with`
             (optional) is a part of what `versions` tell: the entry is of those versions only

Files of the folder that end in .in are copied to @ROOM@ without that ending. In them and in the commands @ROOM@ is a temporary
folder, @HERE@ the receiver's own folder, @STORE@, @PORT@, @TLS_CERT@ and @TLS_KEY@ are what the variables have.
"""

import glob
import re
import shlex
import tomllib
from dataclasses import dataclass
from pathlib import Path

from .certificates import Certificates
from .processes import Child, Failure, free_port, run_tool, wait_for_tls


@dataclass(frozen=True)
class Known:
    becomes: str | None  # None: the receiver loses the part
    reason: str


def fill_template(text: str, values: dict[str, str]) -> str:
    return re.sub(r'@([A-Z][A-Z0-9_]*)@', lambda found: values[found[1]], text)


def split_command(command: str, values: dict[str, str]) -> list[str]:
    """The program may be a pattern, as /usr/sbin/php-fpm8.* is."""
    program, *arguments = [fill_template(word, values) for word in shlex.split(command)]
    return [max(glob.glob(program), default=program) if '*' in program else program, *arguments]


class Receiver:
    def __init__(self, folder: Path):
        self.here = folder
        self.name = folder.name
        said = tomllib.loads((folder / 'receiver.toml').read_text())
        self.title: str = said.pop('title')
        self._versions: list[str] = said.pop('versions')
        self._build: list[str] = said.pop('build', [])
        self._start: list[str] = said.pop('start')
        self._environment: dict[str, str] = said.pop('environment', {})
        self._known: list[dict[str, str]] = said.pop('known', [])
        if said:
            raise Failure(f'{folder}/receiver.toml: unknown: {", ".join(said)}')
        self.port = free_port()
        self.url = f'https://127.0.0.1:{self.port}/upload'
        self.children: list[Child] = []

    def prepare(self, room: Path, certificates: Certificates) -> None:
        """Writes the configuration and builds what has to be built."""
        self._room = room
        self.store = room / 'store'
        self.store.mkdir()
        self._values = {
            'ROOM': str(room),
            'HERE': str(self.here),
            'STORE': str(self.store),
            'PORT': str(self.port),
            'TLS_CERT': str(certificates.cert),
            'TLS_KEY': str(certificates.key),
        }
        told = [run_tool(split_command(c, self._values)).splitlines() for c in self._versions]
        self.versions = ', '.join(lines[0] for lines in told if lines)
        self.known = {
            entry['file']: Known(entry.get('becomes'), entry['reason'])
            for entry in self._known
            if entry.get('with', '') in self.versions
        }
        for template in self.here.glob('*.in'):
            (room / template.stem).write_text(fill_template(template.read_text(), self._values))
        for command in self._build:
            run_tool(split_command(command, self._values), 120)

    def start(self) -> None:
        variables = {k: fill_template(v, self._values) for k, v in self._environment.items()}
        variables = self._values | {'TMPDIR': str(self.store)} | variables
        for at, command in enumerate(self._start):
            log = self._room / f'{self.name}-{at}.log'
            self.children.append(Child(split_command(command, self._values), log, variables))
        wait_for_tls(self.port, self.children)

    def stop(self) -> None:
        for child in self.children:
            child.stop()

    def kill(self) -> None:
        """As a power failure does it, but for the disk."""
        for child in self.children:
            child.kill()
        self.children = []
