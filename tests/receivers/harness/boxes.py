"""The cases with a box in between, or with a server that dies. Each ends with everything delivered, and nothing lost."""

import os
from collections.abc import Callable

from .clients import names_in
from .delivery import Delivery
from .files import sha256_of
from .ledger import read_ledger
from .result import Bench, Result


def reload_case(kind: str) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        box = delivery.start_box(kind)
        arguments = '-w 8 --retry 20 --rate 120/s'.split()  # a run of three seconds or more
        delivery.run_until_all_is_sent(box.url('/upload'), *arguments, during=box.reload)
        delivery.expect(box.reloads >= 3, f'only {box.reloads} reloads happened')
        delivery.expect_closed_connections(8)
        return delivery.result(f'{box.tell_version()}; {box.reloads} reloads')

    return case


def idle_case(kind: str) -> Callable[[Bench], Result]:
    """One request a second, or a little less, meets the moment in which a box closes a connection that was idle for a second."""

    def case(bench: Bench) -> Result:
        delivery = Delivery(bench, small=15, large=0)
        box = delivery.start_box(kind)
        for rate in ('3600/h', '3585/h', '3500/h'):
            run = delivery.run(
                box.url('/upload'), '-w', '1', '--retry', '20', '--rate', rate, '--max-files', '5'
            )
            delivery.expect(run.exit_code == 0, f'sluice ended with {run.exit_code}')
        delivery.expect_left(set())
        delivery.expect_closed_connections(1)
        return delivery.result(box.tell_version())

    return case


def limit_case(kind: str, path: str) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        box = delivery.start_box(kind)
        delivery.run_until_all_is_sent(box.url(path), '-w', '8', '--retry', '20')
        delivery.expect(delivery.totals.get('retries', 0) > 0, 'the limit refused nothing')
        return delivery.result(box.tell_version())

    return case


def too_large_case(move: bool) -> Callable[[Bench], Result]:
    """Files that are too large for a box stay, or go where --on-reject says; all others are delivered."""

    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        box = delivery.start_box('nginx')
        large = [original for original in delivery.originals if original.label == 'large']
        rejected = bench.room / 'rejected'
        rejected.mkdir()
        arguments = ['-w', '8', '--retry', '20']
        if move:
            arguments += ['--on-reject', f'move={rejected}']
            delivery.originals = [
                o for o in delivery.originals if o.label != 'large'
            ]  # these are judged below
        run = delivery.run(box.url('/small-bodies'), *arguments)
        delivery.expect(run.exit_code == 1, f'sluice ended with {run.exit_code}')
        delivery.expect('status 413' in run.output, 'sluice does not tell the status 413')
        delivery.expect_left(set() if move else {o.name for o in large})
        held = {(name, sha256_of(rejected / os.fsdecode(name))) for name in names_in(rejected)}
        delivery.expect(
            held == ({(o.name, o.sha256) for o in large} if move else set()),
            'the large files are not where they should be',
        )
        return delivery.result(box.tell_version())

    return case


def kill_case(kind: str | None) -> Callable[[Bench], Result]:
    def case(bench: Bench) -> Result:
        delivery = Delivery(bench)
        url = delivery.start_box(kind).url('/upload') if kind else delivery.receiver.url
        kills = delivery.run_under_kills(url, server=delivery.receiver, least=3, most=5)
        return delivery.result(f'{kills} times SIGKILL')

    return case


def certificate_case(bench: Bench) -> Result:
    """A client certificate that Apache asks for at the handshake."""
    delivery = Delivery(bench, small=40, large=1)
    box = delivery.start_box('apache')
    url = box.url('/upload', box.port_certified)
    without = delivery.run(url, '--retry', '0')
    delivery.expect(
        without.exit_code == 7, f'without a certificate sluice ended with {without.exit_code}'
    )
    delivery.expect_left({original.name for original in delivery.originals})
    delivery.run_until_all_is_sent(url, '-w', '8', '--retry', '20', *client_certificate(bench))
    return delivery.result(box.tell_version())


def late_certificate_case(bench: Bench) -> Result:
    """Apache asks for the certificate when it knows the path, which TLS 1.3 can do behind the handshake."""
    delivery = Delivery(bench, small=8, large=1)
    box = delivery.start_box('apache')
    url = box.url('/certified', box.port)
    delivery.run_until_all_is_sent(url, '-w', '8', *client_certificate(bench))
    return delivery.result(box.tell_version())


def renegotiation_case(bench: Bench) -> Result:
    """With TLS 1.2 Apache would negotiate the session anew, which sluice refuses: it may lose nothing, and must say so."""
    delivery = Delivery(bench, small=8, large=1)
    box = delivery.start_box('apache')
    url = box.url('/certified', box.port_tls12)
    run = delivery.run(url, '-w', '8', '--retry', '0', *client_certificate(bench))
    delivery.expect(run.exit_code != 0, 'sluice ended with 0')
    delivery.expect_left({original.name for original in delivery.originals})
    delivery.expect(
        not read_ledger(delivery.receiver.store),
        'the receiver got a file without a certificate',
    )
    return delivery.result(
        f'{box.tell_version()}; refused, all files stay, exit code {run.exit_code}'
    )


def client_certificate(bench: Bench) -> list[str]:
    return [
        '--cert',
        str(bench.certificates.client_cert),
        '--key',
        str(bench.certificates.client_key),
    ]


def box_cases() -> dict[str, Callable[[Bench], Result]]:
    return {
        'nginx-reload': reload_case('nginx'),
        'nginx-idle': idle_case('nginx'),
        'nginx-413': too_large_case(move=False),
        'nginx-413-move': too_large_case(move=True),
        'nginx-429': limit_case('nginx', '/limited-429'),
        'nginx-503': limit_case('nginx', '/limited-503'),
        'haproxy-reload': reload_case('haproxy'),
        'haproxy-idle': idle_case('haproxy'),
        'haproxy-429': limit_case('haproxy', '/limited-429'),
        'apache-reload': reload_case('apache'),
        'apache-idle': idle_case('apache'),
        'apache-certificate': certificate_case,
        'apache-certificate-late-tls12': renegotiation_case,
        'apache-certificate-late-tls13': late_certificate_case,
        'killed': kill_case(None),
        'killed-behind-nginx': kill_case('nginx'),
    }
