"""Reads a build's output and shows it as one bar on a terminal, as a few lines elsewhere."""
import re
import sys

last, ready = -1, False
for line in sys.stdin:
    match = re.match(r"\[(\d+)/(\d+)\] ", line)
    if not match:
        ready = ready or "no work to do" in line
        continue
    done, total = map(int, match.groups())
    if sys.stdout.isatty():
        filled = 40 * done // total
        print(f"\r    [{'█' * filled}{'·' * (40 - filled)}] {done}/{total}", end="", flush=True)
    elif 4 * done // total != last:
        last = 4 * done // total
        print(f"    {100 * done // total} %", flush=True)
if sys.stdout.isatty() and not ready:
    print()
