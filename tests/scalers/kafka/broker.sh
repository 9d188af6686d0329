#!/usr/bin/env bash
# Runs the kafka trigger's tests against a real broker, which it starts and stops. usage: broker.sh PROGRAM
# librdkafka before 2.6.1 cannot do SCRAM with this broker, so with such a library SCRAM is tried with an older one too.
set -euo pipefail
program=$1
here=$(cd "$(dirname "$0")" && pwd)
export KAFKA_SCRIPT=$here/../../../scripts/lib/kafka.sh
dir=$(mktemp -d)
trap 'bash "$KAFKA_SCRIPT" down "$dir/new" || true; bash "$KAFKA_SCRIPT" down "$dir/old" || true; rm -rf "$dir"' EXIT

KAFKA_PORT=$(bash "$KAFKA_SCRIPT" up "$dir/new")
export KAFKA_PORT KAFKA_DIR=$dir/new
"$program"

if ! pkg-config --atleast-version=2.6.1 rdkafka; then
    export DAVIT_KAFKA_VERSION=3.7.0 KAFKA_OLD_SCRAM=1
    bash "$KAFKA_SCRIPT" down "$dir/new"
    KAFKA_PORT=$(bash "$KAFKA_SCRIPT" up "$dir/old")
    export KAFKA_PORT KAFKA_DIR=$dir/old
    "$program"
fi
