"""Who is measured: how each is started, and how many files it says it uploaded."""

import json
import os
import re
import shutil
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Self

from . import process
from .figures import Kind
from .process import Outcome
from .spool import Spool

PEERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'peers')
PYTHON = '/usr/bin/python3'  # the one with the packages
if not os.access(PYTHON, os.X_OK):
    PYTHON = sys.executable


@dataclass(frozen=True)
class Job:
    spool: Spool
    url: str
    count: int
    window: int  # 0: sluice's automatic one
    seconds: float
    delete: bool


class Client(ABC):
    kind: Kind = 'peer'
    pin = True  # single-threaded: on the core the receiver does not have
    most: int | None = None  # so many files are enough for a slow one

    def __init__(self, name: str, label: str, room: str, ca: str) -> None:
        self.name, self.label, self.room, self.ca = name, label, room, ca

    @abstractmethod
    def missing(self) -> str | None:
        """The package it lacks here."""

    def prepare(self, job: Job) -> None:
        pass

    @abstractmethod
    def argv(self, job: Job) -> list[str]:
        pass

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        """Files it uploaded, and the seconds that took; raises when it failed."""
        if outcome.code != 0:
            raise RuntimeError(f'exit code {outcome.code}: {outcome.tail()}')
        return job.count, outcome.wall

    def idle(self) -> list[str] | None:
        """A command that brings the program itself, not the files, into the page cache."""
        return None


class Sluice(Client):
    kind = 'sluice'

    def __init__(self, program: str, room: str, ca: str) -> None:
        super().__init__('sluice', 'sluice', room, ca)
        self.program, self.summary = program, os.path.join(room, 'summary')

    def elsewhere(self, room: str) -> Self:
        """The same program, for runs while another one stands."""
        os.makedirs(room, exist_ok=True)
        return type(self)(self.program, room, self.ca)

    def missing(self) -> None:
        return None

    def argv(self, job: Job) -> list[str]:
        if os.path.exists(self.summary):
            os.unlink(self.summary)
        argv = [self.program, 'send', job.spool.path, job.url, '--cacert', self.ca]
        argv += ['-w', str(job.window or 'auto')]
        argv += ['-F', 'mark=room-201', '-F', 'timestamp={now}', '-F', 'random={random}']
        argv += ['--progress', 'none', '--summary', self.summary]
        if job.count < job.spool.count:
            argv += ['--max-files', str(job.count)]
        if job.delete:
            argv += ['--on-success', 'delete']
        return argv

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        super().done(outcome, job)
        with open(self.summary) as text:
            accepted: int = json.load(text)['accepted']
        if accepted != job.count:
            raise RuntimeError(f'accepted {accepted} of {job.count} files')
        return accepted, outcome.wall

    def idle(self) -> list[str]:
        return [self.program, '--version']


class Python(Client):
    def __init__(
        self,
        name: str,
        label: str,
        room: str,
        ca: str,
        script: str,
        *arguments: str,
        most: int,
        pin: bool = False,
        module: str = 'requests',
    ) -> None:
        super().__init__(name, label, room, ca)
        self.script, self.arguments, self.module = script, arguments, module
        self.most, self.pin = most, pin

    def missing(self) -> str | None:
        try:
            process.say([PYTHON, '-c', f'import {self.module}'])
        except (RuntimeError, OSError):
            return f'python3-{self.module}'
        return None

    def argv(self, job: Job) -> list[str]:
        argv = [PYTHON, '-B', os.path.join(PEERS, self.script)]
        return argv + [job.url, job.spool.path, str(job.count), self.ca, *self.arguments]

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        count, wall = super().done(outcome, job)
        if self.script == 'old_script.py' and outcome.output.count('{"code":0}') != count:
            replies = outcome.output.count('code')
            raise RuntimeError(f'{replies} of {count} replies: {outcome.tail()}')
        return count, wall

    def idle(self) -> list[str]:
        return [PYTHON, '-B', '-c', f'import {self.module}']


class Curl(Client):
    BLOCK = '''\
url="{url}"
cacert="{ca}"
form="mark=room-201"
form="timestamp={now}"
form="random={random}"
form="file=@{path}"
output="/dev/null"
write-out="%{{http_code}}\\n"
fail
silent
show-error
'''

    def __init__(self, name: str, label: str, room: str, ca: str) -> None:
        super().__init__(name, label, room, ca)
        self.config = os.path.join(room, 'curl.config')

    def missing(self) -> str | None:
        return None if shutil.which('curl') else 'curl'

    def prepare(self, job: Job) -> None:
        now = int(time.time())
        names = sorted(job.spool.files())[: job.count]
        blocks = (
            self.BLOCK.format(url=job.url, ca=self.ca, now=now, random=i * 7919, path=path)
            for i, path in enumerate(names)
        )
        with open(self.config, 'w') as text:
            text.write('next\n'.join(blocks))

    def argv(self, job: Job) -> list[str]:
        return ['curl', '-q', '-Z', '--parallel-max', str(job.window), '-K', self.config]

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        count, wall = super().done(outcome, job)
        fine = outcome.output.count('200\n')
        if fine != count:
            raise RuntimeError(f'{fine} of {count} replies had status 200: {outcome.tail()}')
        return count, wall

    def idle(self) -> list[str]:
        return ['curl', '--version']


class Go(Client):
    pin = False

    def __init__(self, name: str, label: str, room: str, ca: str) -> None:
        super().__init__(name, label, room, ca)
        self.program = os.path.join(room, 'upload-go')

    def missing(self) -> str | None:
        if not shutil.which('go'):
            return 'golang-go'
        if not os.path.exists(self.program):
            self._build()
        return None

    def _build(self) -> None:
        cache = os.path.join(self.room, 'go-cache')
        env = {
            **os.environ,
            'GOFLAGS': '-mod=mod',
            'GO111MODULE': 'off',
            'GOPATH': os.path.join(self.room, 'go'),
            'GOCACHE': cache,
        }
        process.say(['go', 'build', '-o', self.program, os.path.join(PEERS, 'upload.go')], env=env)
        shutil.rmtree(cache, ignore_errors=True)

    def argv(self, job: Job) -> list[str]:
        return [self.program, job.url, job.spool.path, str(job.count), self.ca, str(job.window)]

    def idle(self) -> list[str]:  # without arguments it only says how to use it
        return ['sh', '-c', f'"{self.program}" 2>/dev/null || :']


class Floor(Client):
    """The least that the job costs on one thread with the same libraries: it checks nothing."""

    kind = 'floor'

    def __init__(self, name: str, label: str, room: str, ca: str) -> None:
        super().__init__(name, label, room, ca)
        self.program = os.path.join(room, 'floor')

    def missing(self) -> str | None:
        if not shutil.which('g++'):
            return 'g++'
        if not os.path.exists(self.program):
            source = os.path.join(PEERS, 'floor.cpp')
            flags = ['-std=c++20', '-O3', '-DNDEBUG', '-lssl', '-lcrypto']
            process.say(['g++', source, '-o', self.program, *flags])
        return None

    def argv(self, job: Job) -> list[str]:
        return [self.program, job.url, job.spool.path, str(job.count), self.ca, str(job.window)]

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        count, wall = super().done(outcome, job)
        if f'{count} files' not in outcome.output:
            raise RuntimeError(f'{count} files were wanted: {outcome.tail()}')
        return count, wall

    def idle(self) -> list[str]:  # without arguments it only says how to use it
        return ['sh', '-c', f'"{self.program}" 2>/dev/null || :']


BOUNDARY = 'sluicebench0123456789abcdef01234567'


def _write_body(path: str, job: Job) -> None:
    """One body of the mean size, with the same fields."""
    fields = {'mark': 'room-201', 'timestamp': str(int(time.time())), 'random': '123456789'}
    head = ''.join(
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    head += (
        f'--{BOUNDARY}\r\n'
        'Content-Disposition: form-data; name="file"; filename="img-0000000.jpg"\r\n'
        'Content-Type: image/jpeg\r\n\r\n'
    )
    with open(path, 'wb') as file:
        file.write(head.encode())
        file.write(os.urandom(job.spool.mean))
        file.write(f'\r\n--{BOUNDARY}--\r\n'.encode())


class LoadGenerator(Client):
    """Sends one body of the mean size again and again."""

    kind = 'ceiling'
    package = ''

    def __init__(self, name: str, label: str, room: str, ca: str) -> None:
        super().__init__(name, label, room, ca)
        self.body = os.path.join(room, f'{name}.body')

    def missing(self) -> str | None:
        return None if shutil.which(self.name) else self.package

    def prepare(self, job: Job) -> None:
        _write_body(self.body, job)


class Wrk(LoadGenerator):
    package = 'wrk'

    def argv(self, job: Job) -> list[str]:
        argv = ['wrk', '-t1', f'-c{job.window}', f'-d{max(1, round(job.seconds))}s']
        return argv + ['-s', os.path.join(PEERS, 'constant.lua'), job.url, '--', self.body]

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        super().done(outcome, job)
        bad = re.search(r'Non-2xx.*|Socket errors:.*', outcome.output)
        found = re.search(r'(\d+) requests in ([\d.]+)(m?s|m),', outcome.output)
        if bad or not found:
            raise RuntimeError(bad.group(0) if bad else outcome.tail())
        unit = {'ms': 0.001, 's': 1, 'm': 60}[found.group(3)]
        return int(found.group(1)), float(found.group(2)) * unit


class H2load(LoadGenerator):
    package = 'nghttp2-client'

    def argv(self, job: Job) -> list[str]:
        argv = ['h2load', '--h1', f'-c{job.window}', '-t1', f'-n{job.count}', '-d', self.body]
        return argv + ['-H', f'content-type: multipart/form-data; boundary={BOUNDARY}', job.url]

    def done(self, outcome: Outcome, job: Job) -> tuple[int, float]:
        super().done(outcome, job)
        fine = re.search(r'status codes: (\d+) 2xx', outcome.output)
        if not fine or int(fine.group(1)) != job.count:
            raise RuntimeError(f'{fine.group(0) if fine else outcome.tail()} of {job.count}')
        return job.count, outcome.wall


def everybody(program: str, room: str, ca: str) -> dict[str, Client]:
    """All clients by name, sluice first."""
    old, session, loop = 'old_script.py', 'session.py', 'asynchronous.py'
    clients = [
        Sluice(program, room, ca),
        Python('serial', 'old script', room, ca, old, 'serial', most=120, pin=True),
        Python('processes', 'old script, Pool', room, ca, old, 'processes', most=300),
        Python('threads', 'old script, 8 threads', room, ca, old, 'threads', most=300),
        Python('session', 'requests.Session, 16 threads', room, ca, session, most=3000),
        Python('aiohttp', 'aiohttp, 16', room, ca, loop, most=3000, pin=True, module='aiohttp'),
        Curl('curl', 'curl -Z, 16', room, ca),
        Go('go', 'Go net/http, 16', room, ca),
        Floor('floor', 'the floor, 16 (checks nothing)', room, ca),
        Wrk('wrk', 'wrk, constant body', room, ca),
        H2load('h2load', 'h2load, constant body', room, ca),
    ]
    return {client.name: client for client in clients}
