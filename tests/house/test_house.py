#!/usr/bin/env python3
"""The rules of the house: which room may include which, calls banned outside scaler/base, sizes, headers that compile alone.

usage: test_house.py SOURCE_DIR [COMPILER]
"""
import os
import re
import subprocess
import sys
import tempfile

ROOMS = ["scaler/base", "scaler/formula", "scaler/net", "scaler/kube", "scaler/engine", "scaler/daemon", "scaler/simulate", "scaler/cli", "config", "scalers"]
# What a room's files may include besides their own room. "config/behavior.h" alone: a header, not the room.
MAY = {
    "scaler/base": [],
    "scaler/formula": ["scaler/base"],
    "config": ["scaler/base", "scaler/formula"],
    "scaler/net": ["scaler/base"],
    "scaler/kube": ["scaler/base", "scaler/net"],
    "scaler/engine": ["scaler/base", "scaler/formula", "config/behavior.h"],
    "scalers": ["scaler/base", "scaler/net", "config/params.h"],
    "scaler/daemon": ["scaler/base", "scaler/formula", "scaler/net", "scaler/kube", "scaler/engine", "config", "scalers/api.h"],
    "scaler/simulate": ["scaler/base", "scaler/formula", "scaler/net", "scaler/engine", "scaler/daemon", "config", "scalers/api.h"],
    "scaler/cli": ["scaler/base", "scaler/formula", "scaler/net", "scaler/kube", "scaler/engine", "scaler/daemon", "scaler/simulate", "config", "scalers/api.h"],
}
BANNED = re.compile(r"(?<![\w.>])(strcat|strncat|sprintf|vsprintf|strcpy|stpcpy|gets|atoi|atol|atof|strtol|strtoll|strtoul|strtoull|strtod|"
                    r"malloc|calloc|realloc|free|strdup|strndup|alloca|system|popen)\s*\(")
FILE_LINES, FUNCTION_LINES = 450, 60


def room_of(path):
    return next((room for room in ROOMS if path.startswith(room + "/")), None)


def sources(root):
    for room in ROOMS:
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def allowed(room, path, include):
    if include.startswith(room + "/"):
        # Trigger types do not see each other; scalers/shared and the contract are for all of them.
        parts, target = path.split("/"), include.split("/")
        if room == "scalers" and len(parts) > 2 and len(target) > 2:
            return target[1] in (parts[1], "shared")
        return True
    return any(include == may or include.startswith(may + "/") for may in MAY[room])


def strip(text):
    """Comments and string literals become blanks of the same shape."""
    blank = lambda match: re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


def check_includes(path, text):
    room = room_of(path)
    for include in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, flags=re.M):
        if room_of(include) is None:
            yield f"{path}: include \"{include}\" is not written from the root"
        elif not allowed(room, path, include):
            yield f"{path}: {room} may not include \"{include}\""


def check_calls(path, code):
    if path.startswith("scaler/base/"):
        return
    for number, line in enumerate(code.split("\n"), 1):
        match = BANNED.search(line)
        if match:
            yield f"{path}:{number}: {match.group(1)}() is banned outside scaler/base"


def check_sizes(path, code):
    lines = code.split("\n")
    if len(lines) > FILE_LINES:
        yield f"{path}: {len(lines)} lines, more than {FILE_LINES}"
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{":
            start = number
        elif line == "}" and start:
            if number - start > FUNCTION_LINES:
                yield f"{path}:{start}: function of {number - start} lines, more than {FUNCTION_LINES}"
            start = None


def check_opening(path, text):
    if not text.startswith("/*"):
        yield f"{path}: does not open with what it owns"


def check_headers(root, compiler, headers):
    flags = subprocess.run(["pkg-config", "--cflags", "libuv", "libcurl", "jansson", "hiredis", "rdkafka", "openssl"], capture_output=True,
                           text=True, check=True).stdout.split()
    for header in headers:
        with tempfile.NamedTemporaryFile("w", suffix=".c") as unit:
            unit.write(f'#include "{header}"\n')
            unit.flush()
            run = subprocess.run([compiler, "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{root}", *flags, unit.name],
                                 capture_output=True, text=True)
        if run.returncode != 0:
            yield f"{header}: does not compile alone: {run.stderr.strip().splitlines()[0] if run.stderr else '?'}"


def self_test():
    """The checks must be able to fail."""
    bad = '/* x */\n#include "scaler/daemon/daemon.h"\nvoid f(void)\n{\n    char *p = malloc(3);\n}\n'
    assert list(check_includes("scaler/net/x.c", bad)), "a wrong include goes unnoticed"
    assert list(check_calls("scaler/net/x.c", strip(bad))), "a banned call goes unnoticed"
    assert not list(check_calls("scaler/net/x.c", strip('/* malloc(1) */ "free(2)" mem_free(p); x->free(p);'))), "false alarm"
    assert list(check_includes("scalers/redis/a.c", '#include "scalers/kafka/b.h"')), "triggers that see each other go unnoticed"
    assert list(check_sizes("x.c", "{\n" + "a;\n" * 100 + "}")), "a long function goes unnoticed"


def main():
    root, compiler = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "cc"
    self_test()
    problems, headers = [], []
    for path in sources(root):
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        code = strip(text)
        problems += [*check_includes(path, text), *check_calls(path, code), *check_sizes(path, code), *check_opening(path, text)]
        if path.endswith(".h"):
            headers.append(path)
    problems += check_headers(root, compiler, headers)
    print("\n".join(problems) if problems else f"{len(headers)} headers and all includes in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
