"""Where it was measured, and with which programs."""

import os
import platform
import subprocess

from .clients import PYTHON

PYTHON_VERSIONS = '''
import sys
out = ["Python " + sys.version.split()[0]]
for name in ("requests", "aiohttp"):
  try: out.append(name + " " + __import__(name).__version__)
  except ImportError: out.append(name + ": not installed")
print(", ".join(out))
'''


def _first(*argv: str) -> str:
    try:
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=20,
        )
        return done.stdout.strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return 'not installed'


def machine() -> dict[str, str]:
    model = platform.machine()
    with open('/proc/cpuinfo') as text:
        for line in text:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
                break
    with open('/proc/meminfo') as text:
        memory = int(text.readline().split()[1]) / (1 << 20)
    return {
        'cores': str(len(os.sched_getaffinity(0))),
        'CPU': model,
        'kernel': platform.release(),
        'memory': f'{memory:.1f} GiB',
        'load at the start': f'{os.getloadavg()[0]:.2f}',
    }


def versions(sluice: str) -> dict[str, str]:
    return {
        'sluice': _first(sluice, '--version'),
        'nginx': _first('nginx', '-v').replace('nginx version: ', ''),
        'OpenSSL': _first('openssl', 'version'),
        'curl': ' '.join(_first('curl', '--version').split()[:2]),
        'Go': _first('go', 'version').replace('go version ', ''),
        'Python': _first(PYTHON, '-c', PYTHON_VERSIONS),
        'wrk': ' '.join(_first('wrk', '-v').split()[:2]),
        'h2load': _first('h2load', '--version'),
    }
