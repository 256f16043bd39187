"""The files that are sent."""

import ctypes
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

IMAGES = (16000, 24000, 32000, 40000, 48000)
SMALL = (1000, 1500, 2000, 2500, 3000)
PER_FOLDER = 1000


@dataclass(frozen=True)
class Spool:
    """A folder with `count` files of `mean` bytes."""

    path: str
    count: int
    mean: int

    def files(self) -> Iterator[str]:
        for folder, _, names in os.walk(self.path):
            for name in names:
                yield os.path.join(folder, name)

    def copy(self, path: str) -> Self:
        """A copy with nothing left to write back, so that the disk is as quiet for each run."""
        shutil.copytree(self.path, path)
        os.sync()
        return replace(self, path=path)

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def make_spool(path: str, count: int, sizes: Sequence[int], folders: bool = False) -> Spool:
    """The sizes take turns, so that any part of the spool has nearly the same mean."""
    os.makedirs(path)
    pool = memoryview(os.urandom(max(sizes) + 4096 if max(sizes) < 1 << 20 else 1 << 20))
    total = 0
    for i in range(count):
        size = sizes[i % len(sizes)]
        folder = os.path.join(path, f'{i // PER_FOLDER:04}') if folders else path
        if folders and i % PER_FOLDER == 0:
            os.mkdir(folder)
        with open(os.path.join(folder, f'img-{i:07}.jpg'), 'wb', buffering=0) as file:
            if size <= len(pool) - 4096:
                shift = i % 4096
                file.write(pool[shift : shift + size])
            else:
                for done in range(0, size, len(pool)):
                    file.write(pool[: min(len(pool), size - done)])
        total += size
    return Spool(path, count, total // max(count, 1))


def make_names(path: str, count: int) -> Spool:
    """A flat folder of tiny files: only the number of its names matters."""
    os.makedirs(path)
    folder = os.open(path, os.O_RDONLY)
    for i in range(count):
        fd = os.open(f'img-{i:07}.jpg', os.O_WRONLY | os.O_CREAT, 0o644, dir_fd=folder)
        os.write(fd, b'tiny')
        os.close(fd)
    os.close(folder)
    return Spool(path, count, 4)


def drop_page_cache(spool: Spool) -> str:
    """Says how it was done: for the whole machine as root, else file by file."""
    os.sync()
    try:
        with open('/proc/sys/vm/drop_caches', 'w') as switch:
            switch.write('3\n')
        return 'drop_caches'
    except OSError:
        for name in spool.files():
            fd = os.open(name, os.O_RDONLY)
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(fd)
        return 'posix_fadvise'


class _StatFs(ctypes.Structure):
    _fields_ = [('type', ctypes.c_long), ('rest', ctypes.c_byte * 248)]


def on_disk(path: str) -> bool:
    """False where the folder lies in memory: its page cache cannot be dropped."""
    found = _StatFs()
    ctypes.CDLL(None).statfs(os.fsencode(path), ctypes.byref(found))
    return found.type not in (0x01021994, 0x858458F6)  # tmpfs, ramfs
