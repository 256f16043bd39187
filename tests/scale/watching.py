"""What the measurements of `sluice watch` share: the process, what the kernel knows of it, and its control socket."""

import json
import os
import socket
import subprocess
import time
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


class Watch:
    """`sluice watch` in a room of its own; its control socket is ROOM/control."""

    def __init__(self, program, room, arguments, environment=None, begin=None):
        self.control = Path(room) / "control"
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [program, "watch", *arguments, "--control", str(self.control), "-q"],
            env=os.environ | (environment or {}),
            preexec_fn=begin,
        )
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        """Nothing of it stays, also after a failure."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def cpu(self):
        """Seconds of user and system time."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self, name="VmRSS"):
        """In MiB; VmHWM is the peak."""
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) / 1024
        return 0

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def watches(self):
        """Those of inotify."""
        total = 0
        for fd in os.listdir(f"/proc/{self.pid}/fdinfo"):
            try:
                total += Path(f"/proc/{self.pid}/fdinfo/{fd}").read_text().count("inotify wd:")
            except FileNotFoundError:
                pass  # closed meanwhile
        return total

    def ask(self, command, value=None):
        """The reply, or nothing while nobody listens."""
        request = {"command": command} | ({"value": value} if value else {})
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(20)
            try:
                s.connect(str(self.control))
            except OSError:
                return None
            s.sendall(json.dumps(request).encode() + b"\n")
            reply = b""
            while not reply.endswith(b"\n"):
                part = s.recv(65536)
                if not part:
                    return None
                reply += part
        return json.loads(reply)

    def status(self):
        reply = self.ask("status")
        return reply["status"] if reply else {}

    def wait_for(self, holds, patience=600.0):
        """The seconds until `holds(status)`; asks ten times a second."""
        begun = time.monotonic()
        while time.monotonic() < begun + patience:
            if self.process.poll() is not None:
                raise SystemExit(f"sluice watch ended with {self.process.returncode}")
            status = self.status()
            if status and holds(status):
                return time.monotonic() - begun
            time.sleep(0.1)
        raise SystemExit(f"not after {patience} s: {self.status()}")

    def end(self, signal=15, patience=30.0):
        """The exit code and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(signal)
        code = self.process.wait(patience)
        return code, time.monotonic() - begun
