"""The files that are sent: hostile names, sizes at the edges of buffers, and plain ones in numbers."""

import hashlib
import os
import random
from dataclasses import dataclass
from pathlib import Path

KIB, MIB = 1 << 10, 1 << 20

# The label is what receiver.toml calls the file.
NAMES: dict[str, bytes] = {
    'utf-8': 'Größe-写真.jpg'.encode(),
    'not-utf-8': b'caf\xe9-\xff.jpg',
    'spaces': b'two  spaces here.jpg',
    'spaces-at-the-ends': b' edge ',
    'quotes': b'say "hello".jpg',
    'only-quotes': b'"' * 255,
    'backslash': b'back\\slash.jpg',
    'backslash-quote': b'back\\"quote.jpg',
    'backslash-at-the-end': b'ends in\\',
    'percent-22': b'per%22cent.jpg',
    'semicolon': b'semi;colon.jpg',
    'newline': b'new\nline.jpg',
    'carriage-return': b'carriage\rreturn.jpg',
    'leading-dot': b'.hidden.jpg',
    'leading-dash': b'-rf.jpg',
    'long': b'n' * 251 + b'.jpg',
    'combining': 'e\u0301a\u0308.jpg'.encode(),
    'emoji': '🦀👩\u200d👩\u200d👧.jpg'.encode(),
    'equals': b'a=b.jpg',
    'apostrophe': b"it's.jpg",
}
EDGES = [8 * KIB - 1, 8 * KIB, 8 * KIB + 1, 64 * KIB - 1, 64 * KIB, 64 * KIB + 1]
SIZES = [0, 1, *EDGES, 20 * MIB]


@dataclass(frozen=True)
class Original:
    label: str
    name: bytes
    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _write(folder: Path, label: str, name: bytes, body: bytes) -> Original:
    with open(os.path.join(os.fsencode(folder), name), 'xb') as file:
        file.write(body)
    return Original(label, name, len(body), hashlib.sha256(body).hexdigest())


def make_hostile(folder: Path) -> list[Original]:
    """One file for each name, and one for each size. No two have the same content, so a sha256 names its file."""
    folder.mkdir()
    source = random.Random(1)
    made = [
        _write(folder, label, name, source.randbytes(EDGES[at % len(EDGES)]))
        for at, (label, name) in enumerate(NAMES.items())
    ]
    made += [_write(folder, f'size-{n}', b'size-%d.bin' % n, source.randbytes(n)) for n in SIZES]
    # A body full of what a parser looks for.
    made.append(_write(folder, 'delimiters', b'delimiters.bin', b'\r\n--\r\n------' * 9000))
    return made


def make_many(folder: Path, small: int, large: int, large_size: int = 3 * MIB) -> list[Original]:
    folder.mkdir()
    source = random.Random(2)
    made = [
        _write(
            folder, 'small', b'small-%04d.jpg' % n, source.randbytes(source.randrange(100, 4000))
        )
        for n in range(small)
    ]
    made += [
        _write(folder, 'large', b'large-%d.bin' % n, source.randbytes(large_size))
        for n in range(large)
    ]
    return made


def wire_name(name: bytes) -> str:
    """What a browser, curl and sluice write for a name: quotes and line ends in the percent form of HTML."""
    for raw, written in ((b'"', b'%22'), (b'\r', b'%0D'), (b'\n', b'%0A')):
        name = name.replace(raw, written)
    return name.decode(errors='surrogateescape')
