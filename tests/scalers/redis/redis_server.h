/* A real redis-server in a directory of its own, on a port that was free. */
#ifndef TESTS_SCALERS_REDIS_REDIS_SERVER_H
#define TESTS_SCALERS_REDIS_REDIS_SERVER_H

#include <stdarg.h>

#include "tests/support/certs.h"
#include "tests/support/spawn.h"

struct redis_server {
    pid_t pid;
    int port;
    char *dir;
    char log[SPAWN_PATH_MAX];
    char socket[SPAWN_PATH_MAX]; /* for redis-cli: no password, no TLS between us */
    char config[SPAWN_PATH_MAX];
    char address[32];
};

static inline void redis_server_start(struct redis_server *server)
{
    const char *argv[] = {"redis-server", server->config, NULL};
    server->pid = spawn_start(argv, server->log);
    ck_assert_msg(spawn_wait_port(server->pid, server->port), "redis-server did not start, see %s",
                  server->log);
}

/* more: further lines of redis.conf. tls: TLS only, with fresh certificates in the directory. */
static inline void redis_server_open(struct redis_server *server, bool tls, const char *more)
{
    char text[2048];
    server->dir = spawn_temp_dir();
    do {
        server->port = spawn_free_port();
    } while (server->port > 55535); /* a cluster node takes the port 10000 above as well */
    snprintf(server->log, sizeof(server->log), "%s/log", server->dir);
    snprintf(server->socket, sizeof(server->socket), "%s/s", server->dir);
    snprintf(server->config, sizeof(server->config), "%s/redis.conf", server->dir);
    snprintf(server->address, sizeof(server->address), "127.0.0.1:%d", server->port);
    int len = snprintf(text, sizeof(text),
                       "bind 127.0.0.1\ndir %s\nunixsocket %s\nsave \"\"\nappendonly no\n%s %d\n%s",
                       server->dir, server->socket, tls ? "port 0\ntls-port" : "port", server->port, more);
    if (tls) {
        certs_make(server->dir);
        snprintf(text + len, sizeof(text) - (size_t)len,
                 "\ntls-cert-file %s/server.pem\ntls-key-file %s/server.key\ntls-ca-cert-file %s/ca.pem\n",
                 server->dir, server->dir, server->dir);
    }
    spawn_write_file(server->dir, "redis.conf", text);
    redis_server_start(server);
}

/* redis-cli over the unix socket; words until NULL. */
static inline void redis_server_cli(struct redis_server *server, const char *word, ...)
{
    const char *argv[32] = {"redis-cli", "-e", "--no-auth-warning", "-s", server->socket};
    size_t len = 5;
    va_list words;
    va_start(words, word);
    for (; word && len < 31; word = va_arg(words, const char *))
        argv[len++] = word;
    va_end(words);
    spawn_run(argv, server->log);
}

static inline void redis_server_close(struct redis_server *server)
{
    spawn_stop(server->pid);
    spawn_remove_dir(server->dir);
}

#endif
