"""The receiver: nginx on the last core, TLS 1.3, with a certificate made for this run."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
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
    location = /st {{ stub_status; }}
  }}
}}
'''


def _certificates(room):
    def openssl(*arguments):
        process.say(['openssl', *arguments], cwd=room)
    for name in ('ca', 'server'):
        openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', f'{name}.key')
    openssl('req', '-x509', '-new', '-key', 'ca.key', '-days', '30', '-subj', '/CN=sluice bench CA', '-out', 'ca.pem',
            '-addext', 'keyUsage=critical,keyCertSign')
    openssl('req', '-new', '-key', 'server.key', '-subj', '/CN=localhost', '-out', 'server.csr')
    with open(os.path.join(room, 'extensions'), 'w') as text:
        text.write('subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
    openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30',
            '-extfile', 'extensions', '-out', 'server.pem')


class Receiver:
    def __init__(self, room):
        _certificates(room)
        self.ca = os.path.join(room, 'ca.pem')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            port = probe.getsockname()[1]
        self.in_memory = os.access('/dev/shm', os.W_OK)
        self.bodies = tempfile.mkdtemp(prefix='sluice-bench-', dir='/dev/shm' if self.in_memory else room)
        configuration = os.path.join(room, 'nginx.conf')
        with open(configuration, 'w') as text:
            text.write(CONFIGURATION.format(
                room=room, port=port, echo=ECHO, bodies=self.bodies, user='user root;' if os.geteuid() == 0 else ''))
        self.base = f'https://127.0.0.1:{port}'
        self._trust = ssl.create_default_context(cafile=self.ca)
        self._said = open(os.path.join(room, 'nginx.said'), 'wb')
        self._child = process.start(
            process.pinned(process.last_core(), ['nginx', '-p', room, '-e', os.path.join(room, 'nginx.error'), '-c', configuration]),
            stdout=self._said, stderr=subprocess.STDOUT)
        for _ in range(200):
            try:
                self.requests()
                return
            except OSError:
                if self._child.poll() is not None:
                    break
                time.sleep(0.05)
        said = ''
        for name in ('nginx.said', 'nginx.error'):
            if os.path.exists(os.path.join(room, name)):
                with open(os.path.join(room, name)) as text:
                    said += text.read()
        raise RuntimeError(f'nginx did not start: {said.strip()[-500:]}')

    def requests(self):
        """How many requests it has counted, this one included."""
        with urllib.request.urlopen(self.base + '/st', context=self._trust, timeout=20) as reply:
            return int(re.search(r'\n\s*\d+ \d+ (\d+)', reply.read().decode()).group(1))

    def stop(self):
        process.end(self._child, signal.SIGTERM)
        self._said.close()
        shutil.rmtree(self.bodies, ignore_errors=True)
