"""Capture in real network namespaces: where a connection lands, seen from plain sockets. Everything made is removed again."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lateen.agent import leftovers, mode
from lateen.agent.capture import PROXY_MARK, Capture
from lateen.agent.leftovers import Record
from lateen.agent.namespaces import Namespaces, NetworkError, bound, cleanup, entering, within
from lateen.agent.network import planned

pytestmark = [
    pytest.mark.envoy,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or mode.choose_mode().mode != "transparent", reason="network namespaces cannot be made here"),
]
SO_ORIGINAL_DST = 80
SO_MARK = 36
PYTHON_FOR_ALL = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin")
Place = tuple[Path, str]


def placed(namespaces: Namespaces, name: str, rules: Capture) -> Place:
    lodging = namespaces.place(name, rules)
    return Path(lodging.namespace), lodging.address


@contextlib.contextmanager
def two(rules: Capture | None = None) -> Iterator[tuple[Place, Place]]:
    """Two workloads in namespaces of their own."""
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory = Path(folder) / "mesh"
        directory.mkdir()
        namespaces = Namespaces(f"capture-{os.getpid()}", directory, Record(directory))
        try:
            yield placed(namespaces, "a", rules or Capture()), placed(namespaces, "b", rules or Capture())
        finally:
            namespaces.close()


@contextlib.contextmanager
def listening(place: Place, port: int, address: str = "0.0.0.0") -> Iterator[socket.socket]:
    with bound(address, port, "tcp", place[0]) as listener:
        listener.settimeout(10)
        yield listener


@contextlib.contextmanager
def connecting(place: Place, address: str, port: int, prepare: Callable[[socket.socket], None] = lambda _: None) -> Iterator[socket.socket]:
    with within(place[0], socket.socket) as sock:
        sock.settimeout(10)
        prepare(sock)
        sock.connect((address, port))
        yield sock


def original(connection: socket.socket) -> tuple[str, int]:
    raw = connection.getsockopt(socket.SOL_IP, SO_ORIGINAL_DST, 16)
    return socket.inet_ntoa(raw[4:8]), int.from_bytes(raw[2:4], "big")


def marked(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, SO_MARK, PROXY_MARK)


def from_return_path(sock: socket.socket) -> None:
    marked(sock)
    sock.bind(("127.0.0.6", 0))


@pytest.mark.rule("AG-11")
def test_what_an_app_sends_lands_at_its_own_envoy_with_the_destination_kept() -> None:
    with two() as (a, b), listening(a, 15001) as envoy:
        for address in (b[1], "240.240.0.7"):
            with connecting(a, address, 9080), envoy.accept()[0] as taken:
                assert original(taken) == (address, 9080)


@pytest.mark.rule("AG-11")
def test_what_arrives_from_another_workload_lands_at_the_inbound_side() -> None:
    with two(Capture(by_mark=True)) as (a, b), listening(b, 15006) as envoy, connecting(a, b[1], 9080, marked), envoy.accept()[0] as taken:
        assert original(taken) == (b[1], 9080)


@pytest.mark.rule("AG-11")
def test_envoys_own_statistics_are_reached_as_they_are() -> None:
    with (
        two(Capture(by_mark=True)) as (a, b),
        listening(b, 15090) as statistics,
        connecting(a, b[1], 15090, marked),
        statistics.accept()[0] as taken,
    ):
        assert taken.getsockname() == (b[1], 15090)


@pytest.mark.rule("AG-11")
def test_envoys_call_to_its_own_workload_passes_the_inbound_side_and_its_return_path_does_not() -> None:
    with two(Capture(by_mark=True)) as (a, _), listening(a, 15006) as envoy, listening(a, 9080) as app:
        with connecting(a, a[1], 9080, marked), envoy.accept()[0] as taken:
            assert original(taken) == (a[1], 9080)
        with connecting(a, a[1], 9080, from_return_path), app.accept()[0] as taken:
            assert taken.getpeername()[0] == "127.0.0.6"


@pytest.mark.rule("AG-11")
def test_what_an_app_says_to_itself_stays_with_it() -> None:
    with two() as (a, _), listening(a, 9080) as app:
        for address in ("127.0.0.1", a[1]):
            with connecting(a, address, 9080), app.accept()[0] as taken:
                assert taken.getsockname() == (address, 9080)


@pytest.mark.rule("AG-11")
def test_user_1337_is_envoy() -> None:
    code = "import socket, sys; socket.create_connection((sys.argv[1], 9080), 10).send(b'x')"
    with two() as (a, b), listening(b, 15006) as envoy:
        as_envoy = ["setpriv", "--reuid=1337", "--regid=1337", "--clear-groups", sys.executable, "-c", code, b[1]]
        subprocess.run([*entering(a[0]), *as_envoy], check=True, timeout=30)
        with envoy.accept()[0] as taken:
            assert taken.recv(1) == b"x"


@pytest.mark.rule("AG-5")
def test_dns_goes_to_the_agent_whatever_resolver_is_asked() -> None:
    with two() as (a, _), bound("127.0.0.1", 15053, "udp", a[0]) as agent, within(a[0], lambda: socket.socket(type=socket.SOCK_DGRAM)) as app:
        agent.settimeout(10)
        app.settimeout(10)
        for resolver in ("127.0.0.53", "10.255.255.53"):
            app.sendto(b"question", (resolver, 53))
            question, asker = agent.recvfrom(512)
            agent.sendto(b"answer", asker)
            assert (question, app.recvfrom(512)) == (b"question", (b"answer", (resolver, 53)))


def test_two_meshes_on_one_host_do_not_meet() -> None:
    with two() as (a, _), tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory = Path(folder) / "other"
        directory.mkdir()
        other = Namespaces("other", directory, Record(directory))
        try:
            assert planned("other", [other.network.subnet]).subnet != other.network.subnet
            assert a[1] not in other.network.subnet
            assert a[1].rsplit(".", 2)[0] != placed(other, "a", Capture())[1].rsplit(".", 2)[0]
        finally:
            other.close()


def test_what_a_crashed_run_left_is_removed_and_a_running_mesh_is_left_alone() -> None:
    code = (
        "import os, sys, subprocess; from pathlib import Path; from lateen.agent.leftovers import Record\n"
        "from lateen.agent.namespaces import Namespaces; from lateen.agent.capture import Capture\n"
        "directory = Path(sys.argv[1]); record = Record(directory); spaces = Namespaces(sys.argv[2], directory, record)\n"
        "spaces.place('a', Capture()); child = subprocess.Popen(['sleep', '600'], process_group=0)\n"
        "record.add_process(child.pid); print('made', flush=True); sys.stdin.read(); os._exit(1)\n"
    )
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory = Path(folder) / "mesh"
        directory.mkdir()
        command = [sys.executable, "-c", code, str(directory), f"crash-{os.getpid()}"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None and run.stdout.readline() == b"made\n"
            with pytest.raises(NetworkError, match=f"already running here, as process {run.pid}"):
                cleanup(directory)
            run.kill()
        made = cleanup(directory)
        assert made is not None
        assert leftovers.process(made.processes[0].pid) is None
        assert [*directory.iterdir()] == []
        links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
        assert not [each.link for each in made.lodgings if each.link in links]
        assert cleanup(directory) is None


@pytest.mark.skipif(PYTHON_FOR_ALL is None, reason="no Python of this version that every user may run")
def test_without_root_it_works_in_a_user_namespace_by_mark() -> None:
    code = (
        "import os, socket, tempfile; from pathlib import Path; from lateen.agent import mode\n"
        "from lateen.agent.leftovers import Record; from lateen.agent.namespaces import Namespaces, bound, within\n"
        "from lateen.agent.capture import Capture; import sys\n"
        "if not os.environ.get(mode.INSIDE):\n"
        "    assert mode.choose_mode().enter_user_namespace\n"
        "    mode.enter_user_namespace([sys.executable, '-c', sys.argv[1], sys.argv[1], sys.argv[2]])\n"
        "assert mode.choose_mode().by_mark\n"
        "directory = Path(sys.argv[2]); spaces = Namespaces('rootless', directory, Record(directory))\n"
        "a, b = (Path(spaces.place(name, Capture(by_mark=True)).namespace) for name in 'ab')\n"
        "envoy = bound('0.0.0.0', 15001, 'tcp', a); app = within(a, socket.socket); app.connect(('240.240.0.1', 80)); envoy.setblocking(True)\n"
        "envoy.accept(); spaces.close(); print('landed')\n"
    )
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory = Path(folder) / "mesh"
        directory.mkdir()
        for each in (Path(folder), directory):
            each.chmod(0o777)
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(PYTHON_FOR_ALL), "-c", code, code, str(directory)]
        environment = {"PYTHONPATH": ":".join(sys.path), "PATH": os.environ["PATH"]}
        done = subprocess.run(as_nobody, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "landed\n", done.stderr


def test_calls_to_the_outside_bear_the_hosts_address_and_all_is_as_before_at_the_end() -> None:
    code = (
        "import os, socket, subprocess, sys; from pathlib import Path; from lateen.agent.capture import Capture\n"
        "from lateen.agent.leftovers import Record; from lateen.agent.namespaces import Namespaces, bound, within\n"
        "run = lambda words: subprocess.run(words.split(), check=True, capture_output=True, text=True).stdout\n"
        "directory, outside = Path(sys.argv[1]), Path(sys.argv[1]) / 'outside'; outside.touch()\n"
        "forwarding = Path('/proc/sys/net/ipv4/conf/wan/forwarding')\n"
        "run(f'unshare --net={outside} true'); run(f'ip link add wan type veth peer name eth0 netns {outside}')\n"
        "run('ip address add 192.0.2.2/24 dev wan'); run('ip link set wan up'); run('ip route add default via 192.0.2.1')\n"
        "run(f'nsenter --net={outside} ip address add 192.0.2.1/24 dev eth0'); run(f'nsenter --net={outside} ip link set eth0 up')\n"
        "forwarding.write_text('0'); spaces = Namespaces('egress', directory, Record(directory))\n"
        "a = spaces.place('a', Capture(by_mark=True)); server = bound('192.0.2.1', 9000, 'tcp', outside); server.settimeout(10)\n"
        "app = within(Path(a.namespace), socket.socket); app.settimeout(10); app.setsockopt(socket.SOL_SOCKET, 36, 1337)\n"
        "app.connect(('192.0.2.1', 9000)); print(server.accept()[1][0], forwarding.read_text().strip())\n"
        "spaces.close(); print(run('nft list tables').strip(), forwarding.read_text().strip()); run(f'umount {outside}')\n"
    )
    with tempfile.TemporaryDirectory(prefix="lt") as folder:
        directory = Path(folder) / "mesh"
        directory.mkdir()
        command = ["unshare", "--net", "--mount", sys.executable, "-c", code, str(directory)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.stdout == "192.0.2.2 1\n 0\n", done.stderr
