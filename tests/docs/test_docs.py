#!/usr/bin/env python3
"""Keeps README, docs, man page and manifests true: snippets are run or checked, links resolve, and what the program has is written down.

usage: test_docs.py SOURCE_DIR DAVIT
Every check gives a list of problems; self_test() makes sure that each can.
"""
import filecmp
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

# What stands in no manifest and no environment of ours: names the platform gives.
FOREIGN_ENV = {"HOME", "KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"}


class Docs:
    def __init__(self, root, davit):
        self.root, self.davit = pathlib.Path(root).resolve(), pathlib.Path(davit).resolve()

    def text(self, path):
        return (self.root / path).read_text(encoding="utf-8")

    def pages(self):
        return [self.root / "README.md", *sorted((self.root / "docs").rglob("*.md"))]

    def run(self, *args, stdin=None, **kwargs):
        return subprocess.run([str(arg) for arg in args], input=stdin, capture_output=True, text=True, timeout=300, cwd=self.root, **kwargs)

    def help(self, command):
        return self.run(self.davit, command, "--help").stdout


# ---- what the pages say ----

def blocks(text):
    """(language, content, line) of every fenced block."""
    for match in re.finditer(r"^```(.*)\n((?:.*\n)*?)```$", text, re.M):
        yield match.group(1).strip(), match.group(2), text.count("\n", 0, match.start()) + 1


def section(text, heading):
    """What stands below a heading, up to the next of its rank."""
    match = re.search(rf"^(#+) {re.escape(heading)}$", text, re.M)
    if not match:
        return ""
    rest = text[match.end():]
    end = re.search(rf"^#{{1,{len(match.group(1))}}} ", rest, re.M)
    return rest[:end.start()] if end else rest


def first_cells(table_text):
    """The code words in the first column of tables."""
    return {word for line in re.findall(r"^\| *((?:\\\||[^|\n])*)", table_text, re.M) for word in re.findall(r"`([^`]+)`", line)}


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def without_blocks(text):
    return re.sub(r"^```.*\n(?:.*\n)*?```$", "", text, flags=re.M)


def anchors(text):
    return {slug(heading) for heading in re.findall(r"^#+ (.*)$", without_blocks(text), re.M)}


def differ(what, said, real):
    return [f"{what}: {name} is not there" for name in sorted(said - real)] + [f"{what}: {name} is not documented" for name in sorted(real - said)]


# ---- commands: each form that may stand in an sh block, and how it is tried ----

def packages(docs, words):
    listed = re.search(r"BUILD_PACKAGES=\((.*?)\)", docs.text("scripts/lib/common.sh"), re.S).group(1).split()
    return differ("packages", {word for word in words[2:] if not word.startswith("-")}, set(listed))


def configure(docs, words):
    presets = {preset["name"] for preset in json.loads(docs.text("CMakePresets.json"))["configurePresets"]}
    known = set(re.findall(r"(?:option|set)\((DAVIT_\w+)", docs.text("CMakeLists.txt")))
    given = {word[2:].partition("=")[0] for word in words if word.startswith("-D")}
    return [f"no preset {words[2]}"] * (words[2] not in presets) + [f"no option {name}" for name in given - known]


def build(docs, words):
    presets = {preset["name"] for preset in json.loads(docs.text("CMakePresets.json"))["buildPresets"]}
    return [f"no preset {words[3]}"] * (words[3] not in presets)


def install(docs, words):
    with tempfile.TemporaryDirectory() as folder:
        result = docs.run("cmake", "--install", docs.davit.parent, "--prefix", "/usr/local", env={**os.environ, "DESTDIR": folder})
        files = ["bin/davit", "bin/kubectl-davit", "share/man/man1/davit.1"]
        return [result.stderr] * (result.returncode != 0) + [f"{file} is not installed" for file in files
                                                             if not (pathlib.Path(folder) / "usr/local" / file).is_file()]


def script(docs, words):
    path = docs.root / words[0]
    if not os.access(path, os.X_OK):
        return [f"{words[0]} is no program"]
    text = path.read_text()
    return [f"{words[0]} knows no {word}" for word in words[1:] if word not in text] + docs.run("bash", "-n", path).stderr.splitlines()


def validate(docs, words):
    result = docs.run(docs.davit, *words[1:])
    return [result.stdout + result.stderr] * (result.returncode != 0)


def kustomize(docs, words):
    """Everything named is there, and everything there is named."""
    folder = docs.root / words[3]
    text = (folder / "kustomization.yaml").read_text()
    named = set(re.findall(r"^\s*- (\S+\.yaml)$", text, re.M))
    there = {str(path.relative_to(folder)) for path in folder.rglob("*.yaml")} - {"kustomization.yaml"}
    return differ("kustomization.yaml", named, there)


def run_daemon(docs, words):
    """The command as it stands, but for kubeconfig (the sandbox's) and port."""
    sys.path.insert(0, str(docs.root / "tests" / "e2e"))
    from harness import Http, Process, Sandbox, Workspace, free_port, wait
    space = Workspace("docs")
    try:
        sandbox = space.keep(Sandbox(docs.davit.parent / "davit-sandbox", space.folder))
        port, words = free_port(), list(words)
        words[0], words[words.index("--kubeconfig") + 1] = docs.davit, sandbox.kubeconfig
        words[words.index("--listen") + 1] = f"127.0.0.1:{port}"
        os.chdir(docs.root)
        process = space.keep(Process(words, space.folder / "davit.log"))
        http = Http(f"http://127.0.0.1:{port}")
        wait("davit is ready", lambda: process.running() and http.raw("GET", "/readyz"), 30)
        found = {item["name"] for item in http.json("GET", "/decisions")["objects"]}
        wanted = set(re.findall(r"kind: ScaledObject\nmetadata:\n  name: (\S+)", "".join(
            path.read_text() for path in sorted((docs.root / words[words.index("--config") + 1]).glob("*.yaml")))))
        served = set(re.findall(r"^# HELP (\w+)", http.raw("GET", "/metrics"), re.M))
        problems = differ("objects", wanted, found) + differ("/metrics", metric_names(docs), served)
        return problems + ["it did not end well"] * (process.stop() != 0)
    except AssertionError as error:
        return [str(error)]
    finally:
        space.close(False)


def explain(docs, words):
    """Nobody answers here: it must get as far as asking, with status 1; wrong options are 2."""
    plugin = words[0] == "kubectl"
    program = docs.davit.parent / "kubectl-davit" if plugin else docs.davit
    with tempfile.TemporaryDirectory() as folder:
        config = pathlib.Path(folder) / "config"
        config.write_text("apiVersion: v1\nkind: Config\ncurrent-context: a\nclusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}]\n"
                          "users: [{name: a, user: {}}]\ncontexts: [{name: a, context: {cluster: a, user: a}}]\n")
        words = [word.replace("~/.kube/config", str(config)).replace("127.0.0.1:8080", "127.0.0.1:1") for word in words[2 if plugin else 1:]]
        result = docs.run(program, *words, env={**os.environ, "KUBECONFIG": str(config), "DAVIT_SERVER": "http://127.0.0.1:1"})
    return [f"exit status {result.returncode}: {result.stderr}"] * (result.returncode != 1)


def simulate(docs, words):
    """What it writes goes elsewhere; the Prometheus of the page is away, and that is all that may go wrong."""
    with tempfile.TemporaryDirectory() as folder:
        for option in ("--output", "--write-trace"):
            if option in words:
                words[words.index(option) + 1] = pathlib.Path(folder) / words[words.index(option) + 1]
        if "--from-prometheus" in words:
            words[words.index("--from-prometheus") + 1] = "http://127.0.0.1:1"
            result = docs.run(docs.davit, *words[1:])
            return [result.stderr] * (result.returncode != 1 or "trigger " not in result.stderr)
        result = docs.run(docs.davit, *words[1:])
        problems = [result.stderr] * (result.returncode != 0)
        chart = pathlib.Path(folder) / "simulate.svg"
        if chart.is_file() and chart.read_text() != docs.text("docs/simulate.svg"):
            problems.append("docs/simulate.svg is not what this command draws")
        return problems


def check_simulate(docs):
    """Shown output is real output; options are those of --help; the trace is the file's."""
    page, example = docs.text("docs/simulate.md"), ["-f", "manifests/examples/redis-queue.yaml", "--trace", "docs/burst.jsonl", "--ready-delay", "5"]
    shown = [content for language, content, _ in blocks(page) if language == "text"]
    made = "".join(docs.run(docs.davit, "simulate", *example, "-o", form).stdout for form in ("table", "jsonl")) + docs.text("docs/burst.jsonl")
    yield from (f"simulate.md: nothing gives the line {line}" for content in shown for line in content.splitlines() if line not in made.splitlines())
    real = set(re.findall(r"^  (?:-\w, )?(--[a-z-]+)", docs.help("simulate"), re.M))
    yield from differ("simulate.md, options", {word for word in first_cells(section(page, "Options")) if word.startswith("--")}, real - {"--help"})
    yield from differ("davit.1, options of simulate", man_options(docs.text("docs/davit.1"), "OPTIONS OF SIMULATE"), real)


COMMANDS = [
    (r"apt-get install -y ", packages), (r"cmake --preset \w+", configure), (r"cmake --build --preset \w+", build),
    (r"cmake --install build/release$", install), (r"scripts/\w+", script), (r"davit validate ", validate), (r"davit run ", run_daemon),
    (r"kubectl apply -k \S+$", kustomize), (r"(kubectl )?davit explain ", explain),
    (r"davit simulate ", simulate),
]


def try_command(docs, line):
    for pattern, handler in COMMANDS:
        if re.match(pattern, line):
            return handler(docs, shlex.split(line))
    return ["is no command that this test knows how to try"]


# ---- the checks ----

def check_yaml(docs, content):
    result = docs.run(docs.davit, "validate", "-", stdin=content)
    if result.returncode != 0:
        return [result.stdout + result.stderr]
    unknown = re.findall(r"^.*(?:unknown|ignored).*$", result.stdout, re.M)
    return unknown + ["is no whole manifest of a kind that Davit reads"] * (not re.search(r"^valid: [1-9]", result.stdout, re.M))


def check_block(docs, language, content):
    if language == "yaml":
        return check_yaml(docs, content)
    if language == "sh":
        lines = content.replace("\\\n", " ").splitlines()
        return [f"{line}: {problem}" for line in lines if line.strip() for problem in try_command(docs, line.strip())]
    return [] if language in ("text", "c") else [f"a block in the language \"{language}\""]


def check_snippets(docs):
    tried = {}
    for page in docs.pages():
        for language, content, line in blocks(page.read_text()):
            if (language, content) not in tried:
                tried[language, content] = check_block(docs, language, content)
            for problem in tried[language, content]:
                yield f"{page.relative_to(docs.root)}:{line}: {problem}"


def check_links(page, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_blocks(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path) if path else page
        if not file.exists():
            yield f"{page.name}: {target} does not exist"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"{page.name}: {target} has no such heading"


def check_all_links(docs):
    for page in docs.pages():
        yield from check_links(page, page.read_text())


def check_examples(docs):
    folder = docs.root / "manifests"
    for path in [*sorted((folder / "examples").glob("*.yaml")), *sorted((folder / "base" / "config").glob("*.yaml"))]:
        yield from (f"{path.name}: {problem}" for problem in check_yaml(docs, path.read_text()))


def options_in(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def man_options(text, heading):
    part = re.search(rf'^\.SH "?{heading}"?\n(.*?)(?=^\.SH )', text, re.S | re.M).group(1)
    return options_in("".join(line for line in part.replace("\\-", "-").splitlines(True) if re.match(r"\.(B|BI|BR) \"?-", line)))


def check_options(docs):
    run = set(re.findall(r"^  (--[a-z-]+)", docs.help("run"), re.M)) | {"--help"}
    checks = options_in("".join(line + "\n" for line in docs.help("validate").splitlines() if re.match(r"  +-", line)))
    man, operations = docs.text("docs/davit.1"), docs.text("docs/operations.md")
    said = {word.split()[0] for word in first_cells(section(operations, "Options"))}
    yield from differ("operations.md, options", said, run)
    yield from differ("davit.1, options of run", man_options(man, "OPTIONS OF RUN"), run)
    yield from differ("davit.1, options of validate", man_options(man, "OPTIONS OF VALIDATE"), checks)
    explains = options_in("".join(line + "\n" for line in docs.help("explain").splitlines() if re.match(r"  +-", line)))
    yield from differ("davit.1, options of explain", man_options(man, "OPTIONS OF EXPLAIN"), explains)


def environment_names(docs):
    files = [path for room in ("scaler", "scalers", "config") for path in (docs.root / room).rglob("*.c")]
    text = "".join(path.read_text() for path in files)
    return set(re.findall(r'getenv\("(\w+)"\)', text)) | set(re.findall(r'env_either\("\w+", "(\w+)"\)', text)) | \
        ({"NO_PROXY"} & set(re.findall(r'"(\w+)"', text)))


def check_environment(docs):
    real = environment_names(docs) - FOREIGN_ENV
    operations = section(docs.text("docs/operations.md"), "Options")
    man = re.search(r"^\.SH ENVIRONMENT\n(.*?)(?=^\.SH )", docs.text("docs/davit.1"), re.S | re.M).group(1)
    known = {name for name in re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b(?:KUBECONFIG|ZONEINFO)\b", operations)}
    yield from differ("operations.md, environment", known, real)
    yield from differ("davit.1, environment", set(re.findall(r"\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b(?:KUBECONFIG|ZONEINFO)\b", man)), real)


def metric_names(docs):
    return set(re.findall(r'"((?:davit|keda)_[a-z0-9_]+)["{]', docs.text("scaler/daemon/metrics.c")))


def check_metrics(docs):
    yield from differ("operations.md, metrics", first_cells(section(docs.text("docs/operations.md"), "Metrics")), metric_names(docs))


def check_decisions(docs):
    code, names = docs.text("scaler/daemon/decisions.c") + docs.text("scaler/daemon/ledger_json.c"), docs.text("scaler/engine/names.c")
    part = section(docs.text("docs/operations.md"), "/decisions")
    keys = set(re.findall(r'\\"([a-z_]+)\\":', code)) | set(re.findall(r'(?:string|time|milli|number|rules_json)\(body, "([a-z_]+)"', code))
    words = set(re.findall(r"`([^`]+)`", part))
    yield from (f"operations.md: /decisions has {key}" for key in sorted(keys - {"kind", "message", "trigger", "objects"} - words))
    row = lambda name: set(re.findall(r"`([^`]+)`", re.search(rf"^\| `{name}` \| (.*)$", part, re.M).group(1)))
    yield from differ("operations.md, reason", row("reason"), set(re.findall(r"\[DECIDE_\w+\] = \"([a-z-]+)\"", names)))
    limits = re.search(r"names\[\] = \{(.*?)\}", names[names.index("decision_limit_name"):], re.S)
    yield from differ("operations.md, limited_by", row("limited_by"), set(re.findall(r'"([a-z-]+)"', limits.group(1))))


def check_events(docs):
    code = docs.text("scaler/daemon/report.c") + docs.text("scaler/daemon/object.c")
    real = set(re.findall(r'"((?:KEDA|ScaledObject|Successful|Failed)[A-Za-z]+)"', code))
    yield from differ("operations.md, events", first_cells(section(docs.text("docs/operations.md"), "Events")), real)


def check_trigger_pages(docs):
    with tempfile.TemporaryDirectory() as folder:
        result = docs.run(docs.root / "scripts" / "gen-docs", docs.davit, folder)
        if result.returncode != 0:
            yield result.stderr
        compared = filecmp.dircmp(folder, docs.root / "docs" / "triggers")
        names = compared.left_only + compared.right_only + [name for name in compared.common_files if not filecmp.cmp(
            pathlib.Path(folder) / name, docs.root / "docs" / "triggers" / name, shallow=False)]
        yield from (f"docs/triggers/{name} is not what scripts/gen-docs makes" for name in sorted(names))


def lint_man(docs, path):
    result = docs.run("man", "--warnings", "-l", path, env={**os.environ, "MANWIDTH": "80", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    return result.stderr.splitlines() + [f"man: exit status {result.returncode}"] * (result.returncode != 0)


def check_man(docs):
    return lint_man(docs, docs.root / "docs" / "davit.1")


def fields_in(text, array):
    body = re.search(rf"static const struct field {array}\[\] = \{{(.*?)\n\}};", text, re.S).group(1)
    return set(re.findall(r'(?:FIELD_KNOWN\(|\{)"(\w+)"', body))


def check_keda_table(docs):
    """Every field that the configuration knows, and every trigger type, has its place in the README."""
    objects, auth, trigger = (docs.text(f"config/{name}.c") for name in ("scaled_object", "trigger_auth", "trigger"))
    fields = set().union(*(fields_in(objects, name) for name in ("spec_fields", "target_fields", "fallback_fields", "hpa_fields", "advanced_fields")))
    fields |= fields_in(trigger, "trigger_fields") | fields_in(auth, "spec_fields")
    part = section(docs.text("README.md"), "Coming from KEDA")
    words = {piece for word in re.findall(r"`([^`]+)`", part) for piece in word.split(".")}
    yield from (f"README.md: the field {name} is not in the table" for name in sorted(fields - words))
    types = {line.split()[0] for line in docs.run(docs.davit, "triggers").stdout.splitlines()}
    yield from differ("README.md, trigger types", set(re.findall(r"\(docs/triggers/([\w-]+)\.md\)", part)), types)


def check_explained(docs):
    """The screens in explain.md are those that the tests hold the program to."""
    screens = {path.read_text() for path in (docs.root / "tests" / "cli" / "explain").glob("*.txt")}
    for language, content, line in blocks(docs.text("docs/explain.md")):
        if language == "text" and content not in screens:
            yield f"explain.md:{line}: no screen of tests/cli/explain"


def check_first_screen(docs):
    text = docs.text("README.md")
    found = [(language, content.count("\n")) for language, content, _ in blocks(text)]
    if not (len(found) > 1 and found[0][0] == "yaml" and found[0][1] <= 10 and found[1][0] == "sh"):
        yield "README.md does not open with ten lines of YAML and a command"
    marks = [text.count(mark) for mark in ("<!-- bench:begin -->", "<!-- bench:end -->")]
    if marks != [1, 1] or text.index("<!-- bench:begin -->") > text.index("<!-- bench:end -->"):
        yield "README.md: the place of the benchmark table is lost"


CHECKS = [check_snippets, check_all_links, check_examples, check_options, check_environment, check_metrics, check_decisions, check_events,
          check_trigger_pages, check_man, check_keda_table, check_explained, check_simulate, check_first_screen]


def self_test(docs):
    good = "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {scaleTargetRef: {name: a}, triggers: [{type: redis, " \
           "metadata: {address: 'a:1', listName: a}}]}\n"
    assert not check_yaml(docs, good) and check_yaml(docs, good.replace("listName", "listNam")) and check_yaml(docs, "a: 1\n")
    assert check_yaml(docs, good.replace("listName: a", "listName: a, topik: b"))
    assert [(language, line) for language, _, line in blocks("x\n```yaml\na\n```\n\n```sh\nb\n```\n")] == [("yaml", 2), ("sh", 6)]
    for bad in ("rm -rf /", "scripts/nothing", "scripts/demo --nothing", "davit validate nothing.yaml", "cmake --preset nothing",
                "apt-get install -y gcc", "cmake --build --preset nothing"):
        assert check_block(docs, "sh", bad + "\n"), bad
    assert check_block(docs, "", "x\n")
    page = docs.root / "docs" / "concepts.md"
    assert len(list(check_links(page, "[a](nothing.md) [b](operations.md#nothing) [c](operations.md#options) [d](https://x)"))) == 2
    assert first_cells("| a `x`, `y` | `z` |\n") == {"x", "y"} and len(differ("", {"a", "b"}, {"b", "c"})) == 2
    assert section("# a\n## b\nx\n### c\ny\n## d\n", "b") == "\nx\n### c\ny\n"
    for names in (metric_names(docs), environment_names(docs), options_in(docs.help("run"))):
        assert len(names) > 5, names
    with tempfile.NamedTemporaryFile("w", suffix=".1") as file:
        file.write(".TH A 1\n.SH NAME\na \\- b\n.NOTHING\n")
        file.flush()
        assert lint_man(docs, file.name)


def main():
    docs = Docs(sys.argv[1], sys.argv[2])
    self_test(docs)
    problems = [problem for check in CHECKS for problem in check(docs)]
    print("\n".join(problems) if problems else f"{len(docs.pages())} pages in order")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
