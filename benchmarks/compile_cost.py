#!/usr/bin/env python3
"""compile_cost.py PFR_INCLUDE [COMPILER...]: what an event type costs to compile, in seconds and bytes.

Compiles a file with one event of seven fields and one with twenty, at -O2, three times each in turn,
and takes the least processor time of each: the difference by nineteen is an event's.
"""
import os
import resource
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = """#include "omnibus/codec.h"
inline constexpr omnibus::DomainName kShop = {.name = "shop", .services = {"a", "b"}};
"""
EVENT = """struct Event@ {
  omnibus::Uuid order_id = {};
  std::int64_t user_number = 0;
  std::string some_text = {};
  omnibus::Timestamp happened_at = {};
  omnibus::Decimal total_amount = {};
  bool is_paid = false;
  std::int64_t count = 0;
};
template <>
inline constexpr omnibus::Contract omnibus::contract<Event@> = {.type = "event.@",
    .channel = "shop.events", .domain = &kShop, .publisher = "a", .consumers = {"b"}};
template struct omnibus::Codec<Event@>;
"""
ROUNDS = 3
MANY = 20


def cost(compiler, pfr, source):
    """Processor seconds, and bytes of code and data."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([compiler, "-std=c++20", "-O2", "-DNDEBUG", f"-I{ROOT}/include", "-isystem", pfr,
                    "-c", source, "-o", source + ".o"], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = subprocess.run(["size", source + ".o"], check=True, stdout=subprocess.PIPE, text=True)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
            int(size.stdout.splitlines()[1].split()[3]))


def main():
    pfr, *compilers = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        sources = {}
        for count in (1, MANY):
            sources[count] = os.path.join(folder, f"{count}.cc")
            with open(sources[count], "w", encoding="ascii") as file:
                file.write(HEAD + "".join(EVENT.replace("@", str(i)) for i in range(count)))
        for compiler in compilers or ["g++"]:
            rounds = [[cost(compiler, pfr, sources[count]) for count in sources] for _ in range(ROUNDS)]
            one, many = (min(costs) for costs in zip(*rounds))
            print(f"{compiler}: one event {one[0]:.1f} s, {MANY} events {many[0]:.1f} s, each more "
                  f"{(many[0] - one[0]) / (MANY - 1):.2f} s and {(many[1] - one[1]) // (MANY - 1):,} bytes")


if __name__ == "__main__":
    main()
