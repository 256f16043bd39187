"""The receiver: nginx on the last core, TLS 1.3, with a certificate made for this run."""

import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

from . import process

ECHO = '/usr/lib/nginx/modules/ngx_http_echo_module.so'

CONFIGURATION = '''
{user}
daemon off;
worker_processes 1;
pid {room}/nginx.pid;
error_log {room}/nginx.error;
load_module {echo};
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_buffer_size 256k;
  client_max_body_size 0;
  client_body_temp_path {bodies};
  proxy_temp_path {room}/nginx.proxy;
  fastcgi_temp_path {room}/nginx.fastcgi;
  uwsgi_temp_path {room}/nginx.uwsgi;
  scgi_temp_path {room}/nginx.scgi;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {room}/server.pem;
    ssl_certificate_key {room}/server.key;
    ssl_protocols TLSv1.3;
    default_type application/json;
    location = /upload {{ echo_read_request_body; echo '{{"code":0}}'; }}
    location = /slow {{ echo_read_request_body; echo_sleep 0.05; echo '{{"code":0}}'; }}
    location = /workers {{ proxy_pass http://unix:{room}/workers.sock:/; }}
    location = /st {{ stub_status; }}
  }}
}}
'''

WORKERS, WORKER_SECONDS = 8, 0.02


def _certificates(room: str) -> None:
    def openssl(command: str) -> None:
        process.say(['openssl', *shlex.split(command)], cwd=room)

    for name in ('ca', 'server'):
        openssl(f'ecparam -name prime256v1 -genkey -noout -out {name}.key')
    openssl(
        'req -x509 -new -key ca.key -days 30 -subj "/CN=sluice bench CA" -out ca.pem'
        ' -addext keyUsage=critical,keyCertSign'
    )
    openssl('req -new -key server.key -subj /CN=localhost -out server.csr')
    with open(os.path.join(room, 'extensions'), 'w') as text:
        text.write('subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
    openssl(
        'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30'
        ' -extfile extensions -out server.pem'
    )


class Receiver:
    def __init__(self, room: str) -> None:
        _certificates(room)
        self._room = room
        self._workers: subprocess.Popen[str] | None = None
        self.ca = os.path.join(room, 'ca.pem')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port: int = probe.getsockname()[1]
        self.in_memory = os.access('/dev/shm', os.W_OK)
        bodies = '/dev/shm' if self.in_memory else room
        self.bodies = tempfile.mkdtemp(prefix='sluice-bench-', dir=bodies)
        configuration = os.path.join(room, 'nginx.conf')
        user = 'user root;' if os.geteuid() == 0 else ''
        fields = {'room': room, 'port': port, 'echo': ECHO, 'bodies': self.bodies, 'user': user}
        with open(configuration, 'w') as text:
            text.write(CONFIGURATION.format(**fields))
        self.base = f'https://127.0.0.1:{port}'
        self._trust = ssl.create_default_context(cafile=self.ca)
        said, errors = os.path.join(room, 'nginx.said'), os.path.join(room, 'nginx.error')
        self._said = open(said, 'wb')
        nginx = ['nginx', '-p', room, '-e', errors, '-c', configuration]
        self._child = process.start(process.pinned(process.last_core(), nginx), self._said)
        for _ in range(200):
            try:
                self.requests()
                return
            except OSError:
                if self._child.poll() is not None:
                    break
                time.sleep(0.05)
        self.stop()
        words = ''
        for name in (said, errors):
            if os.path.exists(name):
                with open(name) as text:
                    words += text.read()
        raise RuntimeError(f'nginx did not start: {words.strip()[-500:]}')

    def requests(self) -> int:
        """How many requests it has counted, this one included."""
        with urllib.request.urlopen(self.base + '/st', context=self._trust, timeout=20) as reply:
            status = reply.read().decode()
        found = re.search(r'\n\s*\d+ \d+ (\d+)', status)
        if not found:
            raise RuntimeError(f'nginx does not say how many requests it has counted: {status}')
        return int(found.group(1))

    def start_workers(self) -> None:
        """What /workers leads to."""
        path = os.path.join(self._room, 'workers.sock')
        script = os.path.join(os.path.dirname(os.path.dirname(__file__)), 'peers', 'workers.py')
        argv = [sys.executable, script, path, str(WORKERS), str(WORKER_SECONDS)]
        self._workers = process.start(process.pinned(process.last_core(), argv), self._said)
        for _ in range(200):
            if os.path.exists(path):
                return
            time.sleep(0.05)
        raise RuntimeError('the workers did not start')

    def stop(self) -> None:
        if self._workers:
            process.end(self._workers)
        process.end(self._child)
        self._said.close()
        shutil.rmtree(self.bodies, ignore_errors=True)
