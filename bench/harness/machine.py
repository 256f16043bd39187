"""Where it was measured, and with which programs."""
import os
import platform
import subprocess

from .clients import PYTHON


def _first(argv, pick=0):
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20)
        return done.stdout.strip().splitlines()[pick]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return 'not installed'


def machine():
    model = memory = ''
    with open('/proc/cpuinfo') as text:
        model = next((line.split(':', 1)[1].strip() for line in text if line.startswith('model name')), platform.machine())
    with open('/proc/meminfo') as text:
        memory = f'{int(text.readline().split()[1]) / (1 << 20):.1f} GiB'
    return {'cores': str(len(os.sched_getaffinity(0))), 'CPU': model, 'kernel': platform.release(), 'memory': memory,
            'load at the start': f'{os.getloadavg()[0]:.2f}'}


def versions(sluice):
    python = ('import sys\nout = ["Python " + sys.version.split()[0]]\n'
              'for name in ("requests", "aiohttp"):\n'
              '  try: out.append(name + " " + __import__(name).__version__)\n'
              '  except ImportError: out.append(name + ": not installed")\n'
              'print(", ".join(out))')
    return {
        'sluice': _first([sluice, '--version']),
        'nginx': _first(['nginx', '-v']).replace('nginx version: ', ''),
        'OpenSSL': _first(['openssl', 'version']),
        'curl': ' '.join(_first(['curl', '--version']).split()[:2]),
        'Go': _first(['go', 'version']).replace('go version ', ''),
        'Python': _first([PYTHON, '-c', python]),
        'wrk': ' '.join(_first(['wrk', '-v']).split()[:2]),
        'h2load': _first(['h2load', '--version']),
    }
