"""Who is measured: how each is started, and how many files it says it uploaded."""
import json
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass

from . import process

PEERS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'peers')
PYTHON = '/usr/bin/python3' if os.access('/usr/bin/python3', os.X_OK) else sys.executable  # the one with the packages


@dataclass
class Job:
    spool: object
    url: str
    count: int
    window: int = 16
    seconds: float = 3
    delete: bool = False


class Client:
    kind = 'peer'
    pin = True  # single-threaded: on the core the receiver does not have
    most = None  # so many files are enough for a slow one

    def __init__(self, name, label, room, ca):
        self.name, self.label, self.room, self.ca = name, label, room, ca

    def missing(self):
        return None

    def prepare(self, job):
        pass

    def done(self, outcome, job):
        """Files it uploaded, and the seconds that took; raises when it failed."""
        if outcome.code != 0:
            raise RuntimeError(f'exit code {outcome.code}: {outcome.tail()}')
        return job.count, outcome.wall

    def idle(self):
        """A command that brings the program itself, not the files, into the page cache."""
        return None


class Sluice(Client):
    kind = 'sluice'

    def __init__(self, program, room, ca):
        super().__init__('sluice', 'sluice', room, ca)
        self.program, self.summary = program, os.path.join(room, 'summary')

    def argv(self, job):
        if os.path.exists(self.summary):
            os.unlink(self.summary)
        return [self.program, 'send', job.spool.path, job.url, '--cacert', self.ca, '-w', str(job.window),
                '-F', 'mark=room-201', '-F', 'timestamp={now}', '-F', 'random={random}', '--progress', 'none',
                '--summary', self.summary,
                *(['--max-files', str(job.count)] if job.count < job.spool.count else []),
                *(['--on-success', 'delete'] if job.delete else [])]

    def done(self, outcome, job):
        super().done(outcome, job)
        with open(self.summary) as text:
            accepted = json.load(text)['accepted']
        if accepted != job.count:
            raise RuntimeError(f'accepted {accepted} of {job.count} files')
        return accepted, outcome.wall

    def idle(self):
        return [self.program, '--version']


class Python(Client):
    module = 'requests'

    def __init__(self, name, label, room, ca, script, *arguments, most=None, pin=True, module='requests'):
        super().__init__(name, label, room, ca)
        self.script, self.arguments, self.most, self.pin, self.module = script, arguments, most, pin, module

    def missing(self):
        try:
            process.say([PYTHON, '-c', f'import {self.module}'])
        except (RuntimeError, OSError):
            return f'python3-{self.module}'
        return None

    def argv(self, job):
        return [PYTHON, '-B', os.path.join(PEERS, self.script), job.url, job.spool.path, str(job.count), self.ca, *self.arguments]

    def done(self, outcome, job):
        count, wall = super().done(outcome, job)
        if self.script == 'old_script.py' and outcome.output.count('{"code":0}') != count:
            raise RuntimeError(f'{outcome.output.count("code")} of {count} replies: {outcome.tail()}')
        return count, wall

    def idle(self):
        return [PYTHON, '-B', '-c', f'import {self.module}']


class Curl(Client):
    BLOCK = ('url="{url}"\ncacert="{ca}"\nform="mark=room-201"\nform="timestamp={now}"\nform="random={random}"\n'
             'form="file=@{path}"\noutput="/dev/null"\nwrite-out="%{{http_code}}\\n"\nfail\nsilent\nshow-error\n')

    def missing(self):
        return None if shutil.which('curl') else 'curl'

    def prepare(self, job):
        now = int(time.time())
        names = sorted(job.spool.files())[:job.count]
        with open(os.path.join(self.room, 'curl.config'), 'w') as text:
            text.write('next\n'.join(
                self.BLOCK.format(url=job.url, ca=self.ca, now=now, random=i * 7919, path=path) for i, path in enumerate(names)))

    def argv(self, job):
        return ['curl', '-q', '-Z', '--parallel-max', str(job.window), '-K', os.path.join(self.room, 'curl.config')]

    def done(self, outcome, job):
        count, wall = super().done(outcome, job)
        fine = outcome.output.count('200\n')
        if fine != count:
            raise RuntimeError(f'{fine} of {count} replies had status 200: {outcome.tail()}')
        return count, wall

    def idle(self):
        return ['curl', '--version']


class Go(Client):
    pin = False

    def missing(self):
        if not shutil.which('go'):
            return 'golang-go'
        self.program = os.path.join(self.room, 'upload-go')
        if not os.path.exists(self.program):
            process.say(['go', 'build', '-o', self.program, os.path.join(PEERS, 'upload.go')], env={
                **os.environ, 'GOFLAGS': '-mod=mod', 'GO111MODULE': 'off', 'GOPATH': os.path.join(self.room, 'go'),
                'GOCACHE': os.path.join(self.room, 'go-cache')})
            shutil.rmtree(os.path.join(self.room, 'go-cache'), ignore_errors=True)
        return None

    def argv(self, job):
        return [self.program, job.url, job.spool.path, str(job.count), self.ca, str(job.window)]

    def idle(self):  # without arguments it only says how to use it
        return ['sh', '-c', f'"{self.program}" 2>/dev/null || :']


def _same_form(room, job, name):
    """One body of the mean size, with the same fields."""
    boundary = 'sluicebench0123456789abcdef01234567'
    parts = ''.join(f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
                    for k, v in (('mark', 'room-201'), ('timestamp', str(int(time.time()))), ('random', '123456789')))
    parts += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="img-0000000.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    path = os.path.join(room, name)
    with open(path, 'wb') as file:
        file.write(parts.encode() + os.urandom(job.spool.mean) + f'\r\n--{boundary}--\r\n'.encode())
    return path, boundary


class Wrk(Client):
    kind = 'ceiling'

    def missing(self):
        return None if shutil.which('wrk') else 'wrk'

    def prepare(self, job):
        self.body, _ = _same_form(self.room, job, 'wrk.body')

    def argv(self, job):
        return ['wrk', '-t1', f'-c{job.window}', f'-d{max(1, round(job.seconds))}s', '-s', os.path.join(PEERS, 'constant.lua'),
                job.url, '--', self.body]

    def done(self, outcome, job):
        super().done(outcome, job)
        bad = re.search(r'Non-2xx.*|Socket errors:.*', outcome.output)
        found = re.search(r'(\d+) requests in ([\d.]+)(m?s|m),', outcome.output)
        if bad or not found:
            raise RuntimeError(bad.group(0) if bad else outcome.tail())
        return int(found.group(1)), float(found.group(2)) * {'ms': 0.001, 's': 1, 'm': 60}[found.group(3)]


class H2load(Client):
    kind = 'ceiling'

    def missing(self):
        return None if shutil.which('h2load') else 'nghttp2-client'

    def prepare(self, job):
        self.body, self.boundary = _same_form(self.room, job, 'h2load.body')

    def argv(self, job):
        return ['h2load', '--h1', f'-c{job.window}', '-t1', f'-n{job.count}', '-d', self.body,
                '-H', f'content-type: multipart/form-data; boundary={self.boundary}', job.url]

    def done(self, outcome, job):
        super().done(outcome, job)
        fine = re.search(r'status codes: (\d+) 2xx', outcome.output)
        if not fine or int(fine.group(1)) != job.count:
            raise RuntimeError(f'{fine.group(0) if fine else outcome.tail()} of {job.count}')
        return job.count, outcome.wall


def everybody(program, room, ca):
    """All clients by name, sluice first."""
    clients = [
        Sluice(program, room, ca),
        Python('serial', 'old script', room, ca, 'old_script.py', 'serial', most=120),
        Python('processes', 'old script, Pool', room, ca, 'old_script.py', 'processes', most=300, pin=False),
        Python('threads', 'old script, 8 threads', room, ca, 'old_script.py', 'threads', most=300, pin=False),
        Python('session', 'requests.Session, 16 threads', room, ca, 'session.py', most=3000, pin=False),
        Python('aiohttp', 'aiohttp, 16', room, ca, 'asynchronous.py', most=3000, module='aiohttp'),
        Curl('curl', 'curl -Z, 16', room, ca),
        Go('go', 'Go net/http, 16', room, ca),
        Wrk('wrk', 'wrk, constant body', room, ca),
        H2load('h2load', 'h2load, constant body', room, ca),
    ]
    return {client.name: client for client in clients}
