"""Runs one broker for tests: what tests/brokers/rabbitmq and tests/brokers/kafka share.

The broker is a child of a supervisor, a small process in the background that owns it. The
supervisor ends the broker when it is told to (SIGTERM), or when the process that it watches is
gone, so that an interrupted test run leaves nothing behind; and the broker itself gets SIGTERM from
the kernel should the supervisor be killed. Everything that either writes lies below one folder:

  DIR/env          one NAME=value line, once the broker is ready
  DIR/ports.json   the ports it has; kept, so that `start --keep` comes back under the same address
  DIR/cluster.json the ports of all nodes, where it is one of several; see tests/brokers/cluster
  DIR/*.log        what the broker wrote
  DIR/supervisor   the supervisor's process id, and when it started

Only the Python standard library is used.
"""
import argparse
import ctypes
import glob
import json
import os
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import time

UNAVAILABLE = 69  # sysexits.h: what is needed to run this broker is not to be had here
START_DEADLINE = 90.0
STOP_DEADLINE = 15.0
PORTS = range(15000, 32000)  # below the range that the kernel gives to outgoing connections


class Unavailable(Exception):
    """The broker cannot be run on this machine; the message is one line for people."""


class Broker:
    """What a kind of broker has to say for itself. `self.dir` and `self.ports` are set before use."""

    name = ""
    port_names = ()

    def __init__(self, directory):
        self.dir = directory
        self.ports = {}
        self.advertise = None  # the loopback port of a proxy that clients come by

    def prepare(self):
        """Checks what is needed, and fetches it. Raises Unavailable."""

    def configure(self):
        """Writes the configuration files; the folder is empty unless it is kept."""

    def processes(self):
        """The processes to run, the broker itself last: (log file, command, environment) each."""
        raise NotImplementedError

    def probe(self):
        """Returns when the broker serves clients; raises OSError while it does not."""
        raise NotImplementedError

    def env(self):
        """The line for DIR/env: (name, value)."""
        raise NotImplementedError

    def cluster(self):
        """{"node": its place, "nodes": [the ports of each]}, or None: it is alone."""
        try:
            with open(self.path("cluster.json"), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return None

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)


def connect(port, seconds=5.0):
    connection = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    connection.settimeout(seconds)
    return connection


def receive(connection, size):
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise ConnectionError("the broker closed the connection")
        data += more
    return data


def free_ports(names):
    """A free loopback port for each name. Held all together, so that no two are the same."""
    held, ports = [], {}
    for name in names:
        for port in random.sample(PORTS, 100):
            candidate = socket.socket()
            try:
                candidate.bind(("127.0.0.1", port))
            except OSError:
                candidate.close()
                continue
            held.append(candidate)
            ports[name] = port
            break
        else:
            raise OSError("no free loopback port")
    for one in held:
        one.close()
    return ports


def identity(pid):
    """The start time of a process: with its id it names one process for ever. None: it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] == "Z" else fields[19]  # a zombie has yet to be reaped by its parent


def alive(pid):
    return identity(pid) is not None


def wait_until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


# --- The supervisor ------------------------------------------------------------------------------


def die_with_parent():
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


def supervise(broker, watched):
    """Runs the broker until SIGTERM, until it ends by itself, or until `watched` is gone."""
    read_end, write_end = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: os.write(write_end, b"x"))
    waiting_for, orphaned = [read_end], []
    if watched:
        try:
            waiting_for.append(os.pidfd_open(watched))
            orphaned = waiting_for[-1:]
        except ProcessLookupError:
            return
    children = []
    try:
        for log, command, environment in broker.processes():
            with open(broker.path(log), "ab") as output:
                children.append(subprocess.Popen(
                    command, cwd=broker.dir, env=environment, stdin=subprocess.DEVNULL,
                    stdout=output, stderr=output, start_new_session=True,
                    preexec_fn=die_with_parent))
            waiting_for.append(os.pidfd_open(children[-1].pid))
        select.select(waiting_for, [], [])
    finally:
        for child in reversed(children):
            end_group(child)
        # Whoever gave it a disk of its own has ended without taking it away again.
        if select.select(orphaned, [], [], 0)[0] and os.path.ismount(broker.path("data")):
            subprocess.run(["umount", "--lazy", broker.path("data")], check=False)


def end_group(child):
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            os.killpg(child.pid, signal.SIGCONT)  # a frozen one would never know
            child.wait(STOP_DEADLINE)
        except ProcessLookupError:
            child.wait()
        except subprocess.TimeoutExpired:
            continue


def start_supervisor(broker, watched):
    """Forks the supervisor off, detached from our terminal, pipes and session. Returns its pid."""
    read_end, write_end = os.pipe()
    if os.fork() == 0:
        os.setsid()
        pid = os.fork()
        if pid:
            os.write(write_end, str(pid).encode())
            os._exit(0)
        log = os.open(broker.path("supervisor.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.closerange(3, 1024)
        code = 1
        try:
            supervise(broker, watched)
            code = 0
        except BaseException:  # the process ends here, whatever happened; the log tells
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.wait()
    pid = int(os.read(read_end, 32))
    os.close(read_end)
    os.close(write_end)
    broker.write("supervisor", f"{pid} {identity(pid)}\n")
    return pid


# --- Commands ------------------------------------------------------------------------------------


def supervisor_of(directory):
    """The process id of the supervisor that runs for `directory`, or None."""
    try:
        with open(os.path.join(directory, "supervisor"), encoding="utf-8") as file:
            pid, started = file.read().split()
        return int(pid) if identity(pid) == started else None
    except (OSError, ValueError):
        return None


def stop(directory):
    pid = supervisor_of(directory)
    if pid:
        os.kill(pid, signal.SIGTERM)
        if not wait_until(lambda: not alive(pid), 3 * STOP_DEADLINE):
            os.kill(pid, signal.SIGKILL)
    for name in ("supervisor", "env"):
        try:
            os.remove(os.path.join(directory, name))
        except FileNotFoundError:
            pass


def log_tail(broker, lines=25):
    text = ""
    for name in sorted(os.listdir(broker.dir)):
        if name.endswith(".log") and os.path.getsize(broker.path(name)):
            with open(broker.path(name), encoding="utf-8", errors="replace") as file:
                text += f"--- {broker.path(name)}\n" + "".join(file.readlines()[-lines:])
    return text


def start(broker, watched, keep):
    broker.prepare()
    stop(broker.dir)
    kept = keep and os.path.exists(broker.path("ports.json"))
    if not kept:
        shutil.rmtree(broker.dir, ignore_errors=True)
    os.makedirs(broker.dir, exist_ok=True)

    # A free port may be taken by somebody else before the broker has it: then once more.
    attempts = 1 if kept else 3
    for attempt in range(attempts):
        if kept:
            with open(broker.path("ports.json"), encoding="utf-8") as file:
                broker.ports = json.load(file)
        else:
            broker.ports = free_ports(broker.port_names)
            broker.write("ports.json", json.dumps(broker.ports))
        broker.configure()
        pid = start_supervisor(broker, watched)
        problem = wait_until_ready(broker, pid)
        if problem is None:
            name, value = broker.env()
            broker.write("env.new", f"{name}={value}\n")
            os.rename(broker.path("env.new"), broker.path("env"))
            print(f"{name}={value}")
            return 0
        tail = log_tail(broker)
        stop(broker.dir)
        if "eaddrinuse" not in tail.lower() and "address already in use" not in tail.lower():
            break
    print(f"{broker.name}: {problem}\n{tail}", file=sys.stderr)
    return 1


def wait_until_ready(broker, pid):
    """None when the broker serves clients, or else what is wrong."""
    deadline, reason = time.monotonic() + START_DEADLINE, None
    while alive(pid):
        try:
            broker.probe()
            return None
        except OSError as error:
            reason = error
        if time.monotonic() > deadline:
            return f"not ready after {START_DEADLINE:.0f} s: {reason}"
        time.sleep(0.1)
    return "it ended by itself while it started"


def main(broker_type):
    parser = argparse.ArgumentParser(
        prog=os.path.basename(sys.argv[0]),
        description=f"Starts and stops a real {broker_type.name} for tests, on private loopback "
                    f"ports, with all its files below DIR.",
        epilog=f"Exit codes: 0 done; 1 it failed (status: not running); 2 wrong usage; "
               f"{UNAVAILABLE} what it needs is not to be had on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    begin = commands.add_parser("start", help="start, wait until ready, write DIR/env")
    begin.add_argument("--watch", type=int, metavar="PID", help="stop when this process is gone")
    begin.add_argument("--watch-parent", action="store_true", help="stop when the caller is gone")
    begin.add_argument("--keep", action="store_true",
                       help="keep the data and ports of an earlier start: a restart")
    begin.add_argument("--advertise", type=int, metavar="PORT",
                       help="clients that come by the port `proxied` of DIR/ports.json are told to "
                            "go on at this one: a proxy's")
    commands.add_parser("stop", help="stop it, and wait until it is gone")
    commands.add_parser("kill", help="kill it without warning, as a crash would")
    commands.add_parser("freeze", help="stop it in its tracks: it keeps its sockets, and is silent")
    commands.add_parser("thaw", help="let it go on")
    commands.add_parser("status", help="say whether it serves clients")
    for command in commands.choices.values():
        command.add_argument("dir", metavar="DIR")
    options = parser.parse_args()
    broker = broker_type(os.path.abspath(options.dir))

    if options.command == "stop":
        stop(broker.dir)
        return 0
    if options.command == "kill":
        return kill(broker)
    if options.command == "freeze":
        return freeze(broker)
    if options.command == "thaw":
        return signal_all(broker, signal.SIGCONT)
    if options.command == "status":
        return status(broker)
    broker.advertise = options.advertise
    watched = os.getppid() if options.watch_parent else options.watch
    try:
        return start(broker, watched, options.keep)
    except Unavailable as reason:
        print(f"{broker.name}: not available here: {reason}", file=sys.stderr)
        return UNAVAILABLE
    except KeyboardInterrupt:
        stop(broker.dir)
        return 130


def groups_of(pid):
    """The process groups that a supervisor has started."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
        return [int(child) for child in file.read().split()]


def signal_all(broker, number):
    pid = supervisor_of(broker.dir)
    if not pid:
        return 1
    for group in groups_of(pid):
        os.killpg(group, number)
    return 0


def threads_of(groups):
    """The state of each thread in these process groups, as one letter."""
    for path in glob.glob("/proc/[0-9]*/task/[0-9]*/stat"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                state, _, group = file.read().rpartition(")")[2].split()[:3]
        except OSError:  # it has ended meanwhile
            continue
        if int(group) in groups:
            yield state


def freeze(broker):
    code = signal_all(broker, signal.SIGSTOP)
    if code != 0:
        return code
    # A thread that is running on another core stops a moment later, and may answer until then.
    groups = groups_of(supervisor_of(broker.dir))
    stopped = lambda: all(state in "TZX" for state in threads_of(groups))
    return 0 if wait_until(stopped, STOP_DEADLINE) else 1


def kill(broker):
    pid = supervisor_of(broker.dir)
    code = signal_all(broker, signal.SIGKILL)
    if code == 0:
        wait_until(lambda: not alive(pid), STOP_DEADLINE)
    return code


def status(broker):
    if not supervisor_of(broker.dir):
        print("not running")
        return 1
    with open(broker.path("ports.json"), encoding="utf-8") as file:
        broker.ports = json.load(file)
    try:
        broker.probe()
    except OSError as reason:
        print(f"running, but not ready: {reason}")
        return 1
    print("ready: {}={}".format(*broker.env()))
    return 0
