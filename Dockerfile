# Builds Davit in Debian 12 and keeps only the program and the shared libraries it needs: no shell, no package manager, not root.
FROM debian:12-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev cmake ninja-build pkg-config libuv1-dev libcurl4-openssl-dev \
    libssl-dev libhiredis-dev librdkafka-dev libjansson-dev libyaml-dev libmicrohttpd-dev uthash-dev zlib1g-dev ca-certificates tzdata
COPY . /src
RUN cmake -S /src -B /build -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DDAVIT_RELEASE=ON -DDAVIT_TESTS=OFF && ninja -C /build davit \
    && /src/scripts/lib/image-root.sh /build/davit /root-fs

FROM scratch
COPY --from=build /root-fs /
USER 65532:65532
ENTRYPOINT ["/usr/bin/davit"]
CMD ["run", "--config", "/etc/davit", "--listen", ":8080"]
