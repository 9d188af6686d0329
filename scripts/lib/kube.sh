#!/usr/bin/env bash
# A real Kubernetes control plane without containers, for tests and the demo: etcd, kube-apiserver, kube-controller-manager and a pod faker in
# one binary, built once from the Go modules and kept outside the tree by version.
#   kube.sh binary              builds if absent; prints its path
#   kube.sh up DIR [PORT]       starts it in DIR; prints the admin kubeconfig's path
#   kube.sh stop-api DIR        kills the API server (its data stays); start-api DIR brings it back
#   kube.sh down DIR            stops all of it
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$ROOT/scripts/lib/go.sh"

VERSION=${DAVIT_KUBE_VERSION:-1.35.4}
BINARY=$CACHE/kube-$VERSION/kube

binary() {
    if [ ! -x "$BINARY" ]; then
        local go work src
        go=$(find_go)
        mkdir -p "$(dirname "$BINARY")"
        work=$(mktemp -d)
        cp "$ROOT"/tests/kube/control-plane/*.go "$work"
        (
            cd "$work"
            src=$("$go" mod download -json "k8s.io/kubernetes@v$VERSION" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
            {
                printf 'module kube\n\ngo 1.25.0\n\nrequire k8s.io/kubernetes v%s\n\nreplace (\n' "$VERSION"
                grep -oE '^[[:space:]]*k8s.io/[a-z0-9-]+ => ./staging' "$src/go.mod" | awk -v v="v0.${VERSION#1.}" '{print "\t" $1 " => " $1 " " v}'
                printf ')\n'
            } >go.mod
            GOTOOLCHAIN=auto "$go" mod tidy
            GOTOOLCHAIN=auto "$go" build -trimpath -ldflags '-s -w' -o kube .
        ) >"$(log_file kube-build)" 2>&1 || { tail -20 "$(log_file kube-build)" >&2; rm -rf "$work"; die "building the control plane failed"; }
        mv "$work/kube" "$BINARY.$$" && mv "$BINARY.$$" "$BINARY" # whole or not at all
        rm -rf "$work"
    fi
    echo "$BINARY"
}

start() { # NAME COMMAND…: in the background, by id
    local name=$1
    shift
    setsid "$@" >"$name.log" 2>&1 </dev/null &
    echo $! >"$name.pid"
}

certificates() {
    [ -f sa.key ] || openssl genrsa -out sa.key 2048 2>/dev/null
    [ -f ca.crt ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=test-ca 2>/dev/null
    sign server kube-apiserver "subjectAltName=IP:127.0.0.1,IP:10.0.0.1,DNS:localhost,DNS:kubernetes.default.svc"
    sign proxy front-proxy "extendedKeyUsage=clientAuth"
    sign admin "admin/O=system:masters" "extendedKeyUsage=clientAuth"
}

sign() { # NAME SUBJECT EXTENSION
    [ -f "$1.crt" ] && return
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 30 -extfile <(echo "$3") 2>/dev/null
}

start_api() {
    local port
    port=$(cat port)
    start apiserver "$BINARY" apiserver --etcd-servers "http://127.0.0.1:$((port + 1))" --bind-address 127.0.0.1 --advertise-address 127.0.0.1 \
        --secure-port "$port" --cert-dir certs --tls-cert-file server.crt --tls-private-key-file server.key --client-ca-file ca.crt \
        --service-account-issuer https://kubernetes.default.svc --service-account-key-file sa.key --service-account-signing-key-file sa.key \
        --service-cluster-ip-range 10.0.0.0/24 --authorization-mode RBAC --token-auth-file tokens.csv --allow-privileged \
        --requestheader-client-ca-file ca.crt --requestheader-allowed-names=front-proxy --requestheader-extra-headers-prefix X-Remote-Extra- \
        --requestheader-group-headers X-Remote-Group --requestheader-username-headers X-Remote-User \
        --proxy-client-cert-file proxy.crt --proxy-client-key-file proxy.key --disable-admission-plugins ServiceAccount ${APISERVER_ARGS:-}
    for _ in $(seq 240); do
        curl -sk --max-time 2 -H 'Authorization: Bearer admintoken' "https://127.0.0.1:$port/readyz" | grep -q '^ok' && return
        sleep 0.25
    done
    tail -20 apiserver.log >&2
    die "the API server did not become ready"
}

# A controller that cannot start ends within moments; without it nothing here would ever become ready.
settled() { # NAME
    local log=$1.log
    for _ in $(seq 20); do
        kill -0 "$(cat "$1.pid")" 2>/dev/null || { tail -5 "$log" >&2; die "$1 has ended"; }
        sleep 0.1
    done
}

up() {
    local dir=$1 port=${2:-16443}
    binary >/dev/null
    mkdir -p "$dir" && cd "$dir"
    echo "$port" >port
    certificates
    echo 'admintoken,admin,admin,"system:masters"' >tokens.csv
    cat >kubeconfig <<Y
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:$port", certificate-authority: $PWD/ca.crt}}]
users: [{name: admin, user: {token: admintoken}}]
contexts: [{name: test, context: {cluster: test, user: admin, namespace: default}}]
current-context: test
Y
    start etcd "$BINARY" etcd --data-dir etcd --listen-client-urls "http://127.0.0.1:$((port + 1))" \
        --advertise-client-urls "http://127.0.0.1:$((port + 1))" --listen-peer-urls "http://127.0.0.1:$((port + 2))" \
        --initial-advertise-peer-urls "http://127.0.0.1:$((port + 2))" --initial-cluster "default=http://127.0.0.1:$((port + 2))" --unsafe-no-fsync
    start_api
    start kcm "$BINARY" controller-manager --kubeconfig kubeconfig --service-account-private-key-file sa.key --root-ca-file ca.crt \
        --leader-elect=false --secure-port 0 --use-service-account-credentials=false \
        --authorization-always-allow-paths '*' --authentication-skip-lookup ${KCM_ARGS:-}
    start podfaker "$BINARY" podfaker --kubeconfig kubeconfig ${PODFAKER_ARGS:-}
    settled kcm && settled podfaker
    echo "$PWD/kubeconfig"
}

down() {
    local name
    for name in podfaker kcm apiserver etcd; do
        [ -f "$1/$name.pid" ] && end_process "$(cat "$1/$name.pid")" 10 && rm -f "$1/$name.pid"
    done
    return 0
}

case ${1:-} in
binary) binary ;;
up) shift && up "$@" ;;
down) down "$2" ;;
stop-api) kill -9 "$(cat "$2/apiserver.pid")" ;;
start-api) cd "$2" && binary >/dev/null && start_api ;;
*) die "usage: kube.sh binary | up DIR [PORT] | stop-api DIR | start-api DIR | down DIR" ;;
esac
