"""Servers that store what is PUT at a path: nginx with its dav module, Apache with mod_dav, rclone's WebDAV, signed URLs."""

import hashlib
import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

from .certificates import Certificates
from .files import sha256_of
from .processes import Child, free_port, run_tool, wait_for_tls
from .receiver import fill_template
from .result import Bench, Result

SECRET = 'of-the-store'
FILES = 5000
ODD = [
    'a b.jpg',
    'c#d?e.jpg',
    'per%2fcent.jpg',
    'plus+semi;amp&.jpg',
    'Größe-写真.jpg',
    "it's (1).jpg",
    '.jpg',
]


def make_dated(folder: Path, files: int) -> dict[str, str]:
    """A spool by date, as cameras write it; returns the sha256 of each path below it."""
    source = random.Random(3)
    made = {}
    for n in range(files):
        day = folder / '2026' / f'{1 + n % 12:02}' / f'{1 + n % 28:02}'
        day.mkdir(parents=True, exist_ok=True)
        name = ODD[n] if n < len(ODD) - 1 else f'img-{n:05}.jpg'
        body = source.randbytes(3 << 20 if n == 17 else source.randrange(0, 4000))
        (day / name).write_bytes(body)
        made[str((day / name).relative_to(folder))] = hashlib.sha256(body).hexdigest()
    return made


def files_below(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_of(path)
        for path in folder.rglob('*')
        if path.is_file()
    }


class PutServer:
    def __init__(self, kind: str, tree: Path, room: Path, certificates: Certificates):
        self.kind, self.port = kind, free_port()
        self.children: list[Child] = []
        self._tree, self._room, self._certificates = tree, room, certificates
        self.store = room / 'store' / 'in'
        self.store.mkdir(parents=True)

    def make_folders(self, folder: Path) -> None:
        """WebDAV stores nothing in a folder that is not there (RFC 4918 §9.7.1)."""
        for path in folder.rglob('*'):
            if path.is_dir():
                (self.store / path.relative_to(folder)).mkdir(parents=True, exist_ok=True)

    def _argv(self) -> list[str]:
        cert, key = str(self._certificates.cert), str(self._certificates.key)
        if self.kind == 'rclone':
            return [
                *('rclone', 'serve', 'webdav', str(self.store), '--baseurl', '/in'),
                *('--addr', f'127.0.0.1:{self.port}', '--cert', cert, '--key', key),
                *('--etag-hash', 'MD5', '--config', '/dev/null'),
            ]
        if 'signed' in self.kind:
            program = str(self._tree / 'put' / 'signed_put.py')
            return [
                *(sys.executable, program, '--port', str(self.port), '--secret', SECRET),
                *('--store', str(self.store.parent), '--cert', cert, '--key', key),
            ]
        file = self._room / f'{self.kind}.conf'
        values = {
            'ROOM': str(self._room),
            'STORE': str(self.store.parent),
            'PORT': str(self.port),
            'TLS_CERT': cert,
            'TLS_KEY': key,
        }
        template = (self._tree / 'put' / f'{file.name}.in').read_text()
        file.write_text(fill_template(template, values))
        if self.kind == 'nginx':
            return ['nginx', '-c', str(file)]
        # Apache stores as another user, who has to get there.
        for folder in (self._room.parent, self._room):
            folder.chmod(0o711)
        run_tool(['chown', '-R', 'www-data', str(self.store.parent)])
        return ['apache2', '-D', 'FOREGROUND', '-f', str(file)]

    def start(self) -> None:
        self.children.append(Child(self._argv(), self._room / f'{self.kind}.log'))
        wait_for_tls(self.port, self.children)

    def stop(self) -> None:
        for child in self.children:
            child.stop()

    def url(self) -> str:
        url = f'https://127.0.0.1:{self.port}/in/{{path}}'
        return f'{url}?scope=/in/&{self._sign("/in/")}' if self.kind == 'signed' else url

    def _sign(self, scope: str) -> str:
        sys.path.insert(0, str(self._tree / 'put'))
        signature = importlib.import_module('signed_put').signature
        expires = int(time.time()) + 600
        return f'expires={expires}&signature={signature(SECRET, "PUT", scope, expires)}'

    def manifest(self, paths: Iterable[str]) -> list[str]:
        """The option with a URL for each file alone, as stores presign them."""
        if self.kind != 'presigned':
            return []
        file = self._room / 'manifest'
        with file.open('w') as lines:
            for path in paths:
                url = f'https://127.0.0.1:{self.port}/in/{quote(path)}?{self._sign(f"/in/{path}")}'
                lines.write(json.dumps({'path': path, 'url': url}) + '\n')
        return ['--files-from-json', str(file)]

    def rules(self) -> list[str]:
        """What this server says of the bytes that it has."""
        store = [
            *('-H', 'X-Sha256: {sha256}', '--success-json', '/sha256="{sha256}"'),
            *('--success-json', '/size={size}', '--success-header', 'ETag="{md5}"'),
        ]
        rclone = ['--success-header', 'ETag="{md5}"']
        return {'rclone': rclone, 'signed': store, 'presigned': store}.get(self.kind, [])


def put_case(kind: str) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        folder = bench.room / 'spool'
        originals = make_dated(folder, FILES)
        server = PutServer(kind, bench.tree, bench.room, bench.certificates)
        bench.servers.append(server)
        if kind in ('apache', 'rclone'):
            server.make_folders(folder)
        server.start()
        argv = [str(bench.program / 'sluice'), 'send', str(folder), server.url(), '-X', 'PUT']
        argv += [
            '--body',
            'raw',
            '--cacert',
            str(bench.certificates.ca),
            '-w',
            '8',
            '--settle',
            '0',
        ]
        argv += ['--on-success', 'delete', '--delete-empty-dirs', '--include', '*', *server.rules()]
        argv += server.manifest(originals)
        run = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
        wrong = []
        if run.returncode != 0:
            wrong.append(f'sluice ended with {run.returncode}: {run.stderr}')
        if left := files_below(folder):
            wrong.append(f'{len(left)} files are left, such as {sorted(left)[:3]}')
        if folders := [path for path in folder.rglob('*') if path.is_dir()]:
            wrong.append(f'{len(folders)} empty folders are left, such as {folders[0]}')
        stored = files_below(server.store)
        bad = {path for path, sha256 in originals.items() if stored.get(path) != sha256}
        if bad:
            wrong.append(f'{len(bad)} files are not as they were sent, such as {sorted(bad)[:3]}')
        extra = {path for path in stored if path not in originals and not path.startswith('.DAV/')}
        if extra:
            wrong.append(f'{len(extra)} files that nobody sent, such as {sorted(extra)[:3]}')
        proved = 'digests proved' if server.rules() else 'no digests'
        told = f'{proved}; {run.stderr.strip().splitlines()[0] if run.stderr else ""}'
        shutil.rmtree(folder)
        return Result(
            len(originals), sum(map(os.path.getsize, server.store.rglob('*.jpg'))), told, wrong
        )

    return case


def put_cases() -> dict[str, Callable[[Bench], Result]]:
    return {
        f'put-{kind}': put_case(kind)
        for kind in ('nginx', 'apache', 'rclone', 'signed', 'presigned')
    }
