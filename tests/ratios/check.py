#!/usr/bin/env python3
"""check.py RATIO_WORK encode.M1|decode.M1|encode.M2|decode.M2|dispatch: counts what a message costs.

Instructions, by valgrind, for each message (the difference of two runs, so that start-up does not
count), as a multiple of what a plain loop over the bytes of the same message takes. Exit codes: 0 it is
as it was; 1 it takes more; 69 it cannot be counted here, and ctest says skipped.
"""
import re
import shutil
import subprocess
import sys

UNAVAILABLE = 69

# What was counted with g++ 12 -O2. A change that makes it less is a reason to write down the new figure.
EXPECTED = {
    "encode.M1": 0.324,
    "decode.M1": 0.420,
    "encode.M2": 0.370,
    "decode.M2": 0.655,
    "dispatch": 3.80,
}
# Threads meet differently in each run; the least of some tells best what the work itself takes.
ROUNDS = {"dispatch": 2}
ROOM = {"dispatch": 1.09}
DEFAULT_ROOM = 1.05
COUNT = {"dispatch": 10_000}
DEFAULT_COUNT = 2000


def instructions(program, *arguments):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--fair-sched=yes", program,
         *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True, check=False)
    collected = re.search(r"Collected *: *(\d+)", done.stderr)
    if done.returncode != 0 or not collected:
        raise SystemExit(f"valgrind {' '.join(map(str, arguments))}: {done.stderr}")
    return int(collected[1])


def of_a_message(program, *work, rounds=1, count=DEFAULT_COUNT):
    return min((instructions(program, *work, 3 * count) - instructions(program, *work, count)) / (2 * count)
               for _ in range(rounds))


def main():
    program, name = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("there is no valgrind")
        return UNAVAILABLE
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        if " avx2 " not in file.read():
            print("without AVX2 other code runs than what was counted")
            return UNAVAILABLE
    work, _, message = name.partition(".")
    ours = of_a_message(program, *filter(None, (work, message)), rounds=ROUNDS.get(name, 1),
                        count=COUNT.get(name, DEFAULT_COUNT))
    yardstick = of_a_message(program, "hash", message or "M2")
    ratio, expected = ours / yardstick, EXPECTED[name]
    most = expected * ROOM.get(name, DEFAULT_ROOM)
    print(f"{name}: {ours:.0f} instructions a message, {ratio:.3f} of a plain loop over it; "
          f"{expected:.3f} was counted, {most:.3f} is allowed")
    if ratio > most:
        print("it takes more than it did: find out why, or say in the commit why it has to")
    return 1 if ratio > most else 0


if __name__ == "__main__":
    sys.exit(main())
