"""Attacks from inside the box, for real. What counts is what can be seen outside.

Every payload reports 1 as its score if it got through and 0 if it was
refused; the tests look outside as well. A machine without the layer that
stops an attack skips that test and says which layer is missing.
"""

import contextlib
import ctypes
import errno
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from tests.unit.sandbox.artefacts import Pickled, write_booster, write_pickled
from validation.sandbox.box import BoxReport, open_box
from validation.sandbox.errors import BoxError
from validation.sandbox.layers import Layer
from validation.sandbox.limits import BoxLimits

SECRET = "the-database-password"
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def outcome(tmp_path: Path, layers: tuple[str, ...]) -> Callable[[Callable[[], object]], float]:
    """Run a payload at load time; return 1.0 if it got through, 0.0 if it was refused."""

    def run(payload: Callable[[], object]) -> float:
        with open_box(model_dir=write_pickled(tmp_path / "m", Pickled(on_load=payload))) as box:
            return float(box.predict(columns={"x": [1.0]})[0])

    return run


def needs(layers: tuple[str, ...], *wanted: Layer) -> None:
    if not set(wanted) & set(layers):
        pytest.skip(f"this kernel or container offers none of: {', '.join(wanted)}")


@pytest.fixture
def listener() -> Iterator[tuple[int, list[socket.socket]]]:
    """A listener on the loopback interface, and whoever came."""
    came: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        done = threading.Event()

        def accept() -> None:
            while not done.is_set():
                try:
                    came.append(server.accept()[0])
                except TimeoutError:
                    continue

        thread = threading.Thread(target=accept)
        thread.start()
        yield server.getsockname()[1], came
        done.set()
        thread.join()
    for connection in came:
        connection.close()


def test_no_connection_leaves_the_box(
    outcome: Callable[[Callable[[], object]], float], listener: tuple[int, list[socket.socket]]
) -> None:
    port, came = listener
    socket.create_connection(("127.0.0.1", port)).close()
    time.sleep(0.3)
    assert len(came) == 1
    assert outcome(lambda: socket.create_connection(("127.0.0.1", port), timeout=2)) == 0.0
    assert len(came) == 1


def test_the_environment_holds_nothing(
    tmp_path: Path, layers: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", SECRET)

    def spill() -> None:
        sys.stdout.write(repr(dict(os.environ)) + repr(sys.argv) + "\n")
        for process in ("self", "1", str(os.getppid())):
            try:
                sys.stdout.write(Path(f"/proc/{process}/environ").read_text(errors="replace"))
            except OSError as error:
                sys.stdout.write(f"{process}: {error}\n")
        sys.stdout.flush()

    assert os.environ["DATABASE_URL"] == SECRET
    with open_box(model_dir=write_pickled(tmp_path / "m", Pickled(on_load=spill))) as box:
        box.predict(columns={"x": [1.0]})
    assert "OMP_NUM_THREADS" in box.report.log
    assert SECRET not in box.report.log


@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/hostname", "/proc/self/status", "/root/.profile", "."])
def test_no_file_of_the_host_is_read(outcome: Callable[[Callable[[], object]], float], path: str) -> None:
    project = str(PROJECT / "pyproject.toml")
    target = project if path == "." else path
    assert outcome(lambda: Path(target).read_text()) == 0.0


def test_a_secret_beside_the_model_is_out_of_reach(
    tmp_path: Path, outcome: Callable[[Callable[[], object]], float]
) -> None:
    secret = tmp_path / "key.pem"
    secret.write_text(SECRET)
    secret.chmod(0o644)
    assert outcome(secret.read_text) == 0.0


def test_nothing_is_written_outside(tmp_path: Path, outcome: Callable[[Callable[[], object]], float]) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    name = f"box-was-here-{os.getpid()}"
    # New files only: if the box ever leaks, nothing of the host is damaged.
    places = [folder / name, tmp_path / "m" / name]
    places += [Path(folder) / name for folder in ("/tmp", "/dev/shm", Path(np.__file__).parent)]

    def vandalise() -> None:
        failures = 0
        for place in places:
            try:
                place.write_text("owned")
            except OSError:
                failures += 1
        if failures == len(places):
            raise OSError("all refused")

    try:
        assert outcome(vandalise) == 0.0
        assert [place for place in places if place.exists()] == []
    finally:
        for place in places:
            place.unlink(missing_ok=True)


def test_no_signal_reaches_a_process_outside(outcome: Callable[[Callable[[], object]], float]) -> None:
    targets = (os.getpid(), -1)

    def shoot() -> None:
        hits = 0
        for target in (*targets, os.getppid()):
            try:
                os.kill(target, 0)  # signal 0: may I? It hurts nobody if the answer is yes.
                hits += 1
            except OSError:
                continue
        if not hits:
            raise OSError("all refused")

    assert outcome(shoot) == 0.0


@pytest.mark.parametrize(
    "call",
    [
        os.fork,
        lambda: os.execv("/bin/true", ["true"]),
        lambda: subprocess.run(["/bin/true"], check=True),
        lambda: os.mkfifo("x"),
        os.setsid,
        lambda: Path().chmod(0o700),
        lambda: os.chroot("/"),
        lambda: native("ptrace", 0, 0, 0, 0),
        lambda: native("unshare", 0x10000000),
        lambda: native("mount", b"x", b"/scratch", b"tmpfs", 0, None),
        lambda: native("syscall", 425, 1, 0),  # io_uring_setup, on every architecture
        lambda: native("syscall", 435, 0, 0),  # clone3 is answered with "no such call"
    ],
    ids=[
        "fork",
        "exec",
        "run",
        "fifo",
        "setsid",
        "chmod",
        "chroot",
        "ptrace",
        "unshare",
        "mount",
        "uring",
        "clone3",
    ],
)
def test_system_calls_that_reach_out_are_refused(
    layers: tuple[str, ...],
    outcome: Callable[[Callable[[], object]], float],
    call: Callable[[], object],
) -> None:
    needs(layers, Layer.SECCOMP)
    assert outcome(call) == 0.0


def native(name: str, *arguments: object) -> None:
    """Call the C library. Any answer but "not permitted" and "no such call" counts as having got through."""
    libc = ctypes.CDLL(None, use_errno=True)
    answer = getattr(libc, name)(*arguments)
    if answer == -1 and ctypes.get_errno() in (errno.EPERM, errno.ENOSYS):
        raise OSError(ctypes.get_errno(), "refused")


def test_a_fork_bomb_and_a_daemon_leave_nothing(tmp_path: Path, layers: tuple[str, ...]) -> None:
    marker = f"stray-of-{os.getpid()}"

    def multiply() -> None:
        for _ in range(200):
            if os.fork() == 0:
                os.setsid()
                ctypes.CDLL(None).prctl(15, marker.encode(), 0, 0, 0)
                time.sleep(60)

    with open_box(model_dir=write_pickled(tmp_path / "m", Pickled(on_load=multiply))) as box:
        box.predict(columns={"x": [1.0]})
    assert not any(marker[:15] in name for name in _process_names())


def _process_names() -> list[str]:
    names = []
    for path in Path("/proc").glob("[0-9]*/comm"):
        try:
            names.append(path.read_text().strip())
        except OSError:
            continue
    return names


def test_a_patched_metric_changes_nothing_here(tmp_path: Path, layers: tuple[str, ...]) -> None:
    def forge() -> None:
        import sklearn.metrics

        sklearn.metrics.roc_auc_score = lambda *_: 0.93

    noise = Pickled(on_load=forge, on_predict=lambda rows: np.random.default_rng(1).random(rows))
    with open_box(model_dir=write_pickled(tmp_path / "m", noise)) as box:
        scores = box.predict(columns={"x": np.zeros(4_000)})
    labels = np.arange(4_000) % 2
    assert abs(roc_auc_score(labels, scores) - 0.5) < 0.05


def ends(folder: Path, limits: BoxLimits) -> tuple[BoxError, BoxReport]:
    """Predict once with a model that must not survive it; return the error and the last report."""
    with open_box(model_dir=folder, limits=limits) as box, pytest.raises(BoxError) as caught:
        box.predict(columns={"x": np.zeros(10)})
    return caught.value, box.report


@pytest.mark.parametrize(
    ("misbehave", "code", "cause"),
    [
        (lambda _: time.sleep(600), "BOX003", "time limit"),
        (lambda _: os._exit(0), "BOX004", "exit status 0"),
        (lambda _: ctypes.string_at(0), "BOX004", "killed by signal 11"),
        (lambda _: [None for _ in iter(int, 1)], "BOX004", "killed by signal 9"),
        (lambda _: [os.write(1, b"x" * 65_536) for _ in iter(int, 1)], "BOX008", "flood"),
        (lambda _: write_garbage(), "BOX005", "bad answer"),
        (lambda rows: np.zeros((rows, 10**9)), "BOX006", "closed"),
    ],
    ids=["sleep", "exit", "segfault", "cpu", "stdout", "garbage", "memory"],
)
def test_misbehaviour_ends_the_box_within_its_limits(
    tmp_path: Path, layers: tuple[str, ...], misbehave: Callable[[int], object], code: str, cause: str
) -> None:
    limits = BoxLimits(call_s=3.0, cpu_s=4, memory=2 * 2**30)
    if cause == "killed by signal 9":
        limits = BoxLimits(call_s=20.0, cpu_s=2, memory=2**40)
    folder = write_pickled(tmp_path / "m", Pickled(on_predict=misbehave))
    started = time.monotonic()
    error, report = ends(folder, limits)
    assert (error.code, report.exit_cause) == (code, cause)
    assert time.monotonic() - started < 15
    assert not Path(f"/proc/{report.pid}").exists()
    assert len(report.log) <= limits.log


def write_garbage() -> None:
    """Write to every descriptor that takes it, the answers' one among them."""
    for fd in range(3, 64):
        with contextlib.suppress(OSError):
            os.write(fd, b"garbage" * 9)


def test_the_scratch_folder_is_bounded(
    layers: tuple[str, ...], outcome: Callable[[Callable[[], object]], float]
) -> None:
    needs(layers, Layer.PRIVATE_ROOT)

    def fill() -> None:
        for number in range(10):
            Path(f"part-{number}").write_bytes(bytes(30 * 2**20))

    assert outcome(fill) == 0.0


def test_the_box_dies_with_its_parent(tmp_path: Path, layers: tuple[str, ...]) -> None:
    folder = write_booster(tmp_path / "m")
    script = (
        "import sys, time; sys.path[:0] = [sys.argv[1]]\n"
        "from pathlib import Path\n"
        "from validation.sandbox.box import open_box\n"
        "with open_box(model_dir=Path(sys.argv[2])) as box:\n"
        "    print(box.report.pid, flush=True); time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script, str(PROJECT), str(folder)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    supervisor = int(parent.stdout.readline())
    assert Path(f"/proc/{supervisor}").exists()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while Path(f"/proc/{supervisor}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{supervisor}").exists()


@pytest.mark.parametrize(
    ("layer", "confine", "attack"),
    [
        (Layer.LANDLOCK, "landlock.restrict(readable=['/usr'], writable=[])", "open('/etc/passwd')"),
        (Layer.SECCOMP, "seccomp.install()", "socket.socket()"),
        (Layer.SECCOMP, "seccomp.install()", "os.fork()"),
        (Layer.SECCOMP, "seccomp.install()", "os.kill(os.getppid(), 0)"),
        (Layer.LANDLOCK, "landlock.restrict(readable=['/usr'], writable=[])", "os.kill(os.getppid(), 0)"),
    ],
)
def test_each_layer_holds_alone(layers: tuple[str, ...], layer: Layer, confine: str, attack: str) -> None:
    needs(layers, layer)
    if "kill" in attack and layer == Layer.LANDLOCK:
        from validation.sandbox import landlock

        if landlock.abi() < 6:
            pytest.skip(f"Landlock version {landlock.abi()} does not confine signals; 6 does")
    script = (
        f"import sys, os, socket, ctypes; sys.path[:0] = [{str(PROJECT)!r}]\n"
        "from validation.sandbox import landlock, seccomp\n"
        "ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)\n"
        f"if sys.argv[1] == 'confined': {confine}\n"
        f"try: {attack}\n"
        "except PermissionError: sys.exit(7)\n"
    )
    free = subprocess.run([sys.executable, "-c", script, "free"], check=False)
    confined = subprocess.run([sys.executable, "-c", script, "confined"], check=False)
    assert (free.returncode, confined.returncode) == (0, 7)
