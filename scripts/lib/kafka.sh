#!/usr/bin/env bash
# A real Kafka broker for tests and the demo: one KRaft node, from the jars of Maven Central, kept outside the tree by version. Needs Java ≥ 17.
#   kafka.sh fetch                gets the jars if they are not there (Maven); prints their directory
#   kafka.sh up DIR [PORT]        starts a broker with its data, log and keys in DIR; prints the plaintext port (free ones are picked without PORT)
#   kafka.sh start DIR            brings one back that was killed
#   kafka.sh down DIR             stops it
#   kafka.sh tool DIR CLASS ARG…  runs a Kafka tool, such as org.apache.kafka.tools.TopicCommand
# Ports: PORT plaintext, +1 SASL (PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER with unsigned tokens), +2 TLS, +3 TLS with client certificates,
# +4 SASL over TLS, +5 the controller. Users: alice with password alice-secret everywhere. DIR/ca.crt signs server.* and client.*.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

VERSION=${DAVIT_KAFKA_VERSION:-4.1.1} # 3.5 and newer work
JARS=$CACHE/kafka-$VERSION
JAVA_FLAGS=(-Xmx384m -Xms64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData)

fetch() {
    if [ ! -d "$JARS" ]; then
        command -v mvn >/dev/null && command -v java >/dev/null || need_packages maven default-jre-headless >&2
        local work
        mkdir -p "$CACHE"
        work=$(mktemp -d "$CACHE/kafka.XXXXXX")
        dependency() { printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n' "$@"; }
        {
            echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
            echo '<groupId>davit</groupId><artifactId>kafka-jars</artifactId><version>1</version><packaging>pom</packaging><dependencies>'
            dependency org.apache.kafka kafka_2.13 "$VERSION"
            dependency org.apache.kafka kafka-tools "$VERSION"
            dependency org.slf4j slf4j-nop 1.7.36
            echo '</dependencies></project>'
        } >"$work/pom.xml"
        mvn -q -B -f "$work/pom.xml" dependency:copy-dependencies -DoutputDirectory="$work/libs" >"$(log_file kafka-fetch)" 2>&1 ||
            { tail -20 "$(log_file kafka-fetch)" >&2; rm -rf "$work"; die "fetching Kafka's jars failed"; }
        mv -T "$work/libs" "$JARS" 2>/dev/null || [ -d "$JARS" ] || die "cannot write $JARS"
        rm -rf "$work"
    fi
    echo "$JARS"
}

sign() { # NAME SUBJECT EXTENSION
    openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj "/CN=$2" 2>/dev/null
    openssl x509 -req -in "$1.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -out "$1.crt" -days 30 -extfile <(echo "$3") 2>/dev/null
}

certificates() {
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 30 -subj /CN=kafka-test-ca 2>/dev/null
    sign server localhost "subjectAltName=IP:127.0.0.1,DNS:localhost"
    sign client davit "extendedKeyUsage=clientAuth"
    openssl pkcs8 -topk8 -v2 aes-256-cbc -in client.key -passout pass:key-secret -out client-encrypted.key
    cat server.key server.crt ca.crt >server.pem
}

jaas() { # MODULE ARGUMENTS
    echo "org.apache.kafka.common.security.$1 required $2;"
}

# One consecutive block of ports, so that one number names them all.
free_block() {
    python3 - <<'P'
import random, socket
while True:
    base, held = random.randrange(20000, 32000), []
    try:
        for port in range(base, base + 6):
            s = socket.socket(); held.append(s); s.bind(("127.0.0.1", port))
    except OSError:
        continue
    print(base)
    break
P
}

properties() { # DIR PORT
    local dir=$1 port=$2 plain sasl
    plain=$(jaas plain.PlainLoginModule 'username="alice" password="alice-secret" user_alice="alice-secret"')
    cat <<P
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((port + 5))
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listeners=PLAINTEXT://127.0.0.1:$port,SASL://127.0.0.1:$((port + 1)),TLS://127.0.0.1:$((port + 2)),MTLS://127.0.0.1:$((port + 3)),SASLTLS://127.0.0.1:$((port + 4)),CONTROLLER://127.0.0.1:$((port + 5))
advertised.listeners=PLAINTEXT://127.0.0.1:$port,SASL://127.0.0.1:$((port + 1)),TLS://127.0.0.1:$((port + 2)),MTLS://127.0.0.1:$((port + 3)),SASLTLS://127.0.0.1:$((port + 4))
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SSL,MTLS:SSL,SASLTLS:SASL_SSL
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER
ssl.keystore.type=PEM
ssl.keystore.location=$dir/server.pem
ssl.truststore.type=PEM
ssl.truststore.location=$dir/ca.crt
listener.name.mtls.ssl.client.auth=required
log.dirs=$dir/data
num.partitions=1
auto.create.topics.enable=true
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.cleaner.enable=false
P
    for sasl in sasl sasltls; do
        echo "listener.name.$sasl.plain.sasl.jaas.config=$plain"
        echo "listener.name.$sasl.scram-sha-256.sasl.jaas.config=$(jaas scram.ScramLoginModule '')"
        echo "listener.name.$sasl.scram-sha-512.sasl.jaas.config=$(jaas scram.ScramLoginModule '')"
        echo "listener.name.$sasl.oauthbearer.sasl.jaas.config=$(jaas oauthbearer.OAuthBearerLoginModule 'unsecuredLoginStringClaim_sub="broker"')"
    done
}

run_java() {
    java "${JAVA_FLAGS[@]}" -cp "$JARS/*" "$@"
}

format() {
    local id
    id=$(openssl rand -base64 16 | tr '+/' '-_' | tr -d '=')
    # An ID that begins with a dash would be taken for an option.
    run_java kafka.tools.StorageTool format -t "K${id:1}" -c server.properties \
        --add-scram 'SCRAM-SHA-256=[name=alice,password=alice-secret]' --add-scram 'SCRAM-SHA-512=[name=alice,password=alice-secret]' >format.log 2>&1 ||
        { cat format.log >&2; die "formatting the broker's storage failed"; }
}

start() { # in DIR
    local pid port i
    port=$(cat port)
    setsid java "${JAVA_FLAGS[@]}" -cp "$JARS/*" kafka.Kafka server.properties >broker.log 2>&1 </dev/null &
    pid=$!
    echo $pid >pid
    for i in $(seq 600); do
        if kcat -b "127.0.0.1:$port" -L -m 2 >/dev/null 2>&1; then
            echo "$port"
            return
        fi
        kill -0 $pid 2>/dev/null || break
        sleep 0.1
    done
    tail -20 broker.log >&2
    die "the broker does not come up"
}

up() {
    local dir=$1 port=${2:-}
    fetch >/dev/null
    mkdir -p "$dir"
    cd "$dir"
    [ -n "$port" ] || port=$(free_block)
    echo "$port" >port
    [ -f ca.crt ] || certificates
    properties "$PWD" "$port" >server.properties
    [ -d data ] || format
    start
}

down() {
    [ -d "$1" ] || return 0
    cd "$1"
    [ -f pid ] || return 0
    kill -CONT "$(cat pid)" 2>/dev/null || true
    end_process "$(cat pid)" 15
    rm -f pid
}

case ${1:-} in
fetch) fetch ;;
up) up "$2" "${3:-}" ;;
start) cd "$2" && start ;;
down) down "$2" ;;
tool) shift 2 && run_java "$@" ;;
*) sed -n '2,9p' "$0" >&2; exit 2 ;;
esac
