#!/usr/bin/env python3
"""clang-tidy over the program's own rooms, with the compile commands of preset clang. usage: tidy.py ROOT CACHE [FILE…]

A file that was clean before is not looked at again: what counts is the file with all it includes, the rules and the version of clang-tidy.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys


def output(command, **how):
    return subprocess.run(command, capture_output=True, text=True, errors="replace", **how)


def key_of(entry, rules):
    """None if the file cannot be preprocessed: then clang-tidy has the word."""
    command = [word for word in shlex.split(entry["command"]) if word not in ("-c", "ccache")]
    command[command.index("-o") + 1] = "-"
    for flag in ("-MF", "-MT"):
        if flag in command:
            del command[command.index(flag):command.index(flag) + 2]
    run = output([word for word in command if word != "-MD"] + ["-E"], cwd=entry["directory"])
    text = run.stdout.replace(str(pathlib.Path(entry["directory"]).parents[1]), "")
    return hashlib.sha256((rules + text).encode()).hexdigest() if run.returncode == 0 else None


def findings(entry, rules, cache):
    key = key_of(entry, rules)
    if key and (cache / key).exists():
        return []
    run = output(["clang-tidy", "-p", entry["directory"], "-quiet", entry["file"]])
    text = re.sub(r"\x1b\[[0-9;]*m", "", run.stdout)
    found = [line for line in text.splitlines() if re.search(r" (error|warning): ", line)]
    if run.returncode != 0 and not found:
        found = [f"{entry['file']}: clang-tidy failed: {run.stderr.strip()[-300:]}"]
    if key and not found:
        (cache / key).touch()
    return found


def main():
    root, cache = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    cache.mkdir(parents=True, exist_ok=True)
    names = sys.argv[3:] or output(["git", "ls-files", "scaler/*.c", "scalers/*.c", "config/*.c"], cwd=root).stdout.split()
    wanted = {str(root / name) for name in names}
    entries = [entry for entry in json.loads((root / "build/clang/compile_commands.json").read_text()) if entry["file"] in wanted]
    rules = (root / ".clang-tidy").read_text() + output(["clang-tidy", "--version"]).stdout
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = sorted({line for lines in pool.map(lambda entry: findings(entry, rules, cache), entries) for line in lines})
    print("\n".join(found) if found else f"clang-tidy: nothing found in {len(entries)} files")
    return 1 if found or len(entries) < len(wanted) else 0


if __name__ == "__main__":
    sys.exit(main())
