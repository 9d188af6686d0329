/* HTTP/2 against nginx: many requests over one connection, and staying with 1.1 where it was asked for. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/net/certs.h"
#include "tests/net/fixture.h"

static struct identity ca, server;
static char dir[] = P_tmpdir "/davit-test-nginx-XXXXXX";
static unsigned port;
static pid_t nginx;

static void write_file(const char *name, const char *text)
{
    char *path = mem_printf("%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    mem_free(path);
}

/* A port nobody has at this moment; nginx cannot pick one itself. */
static unsigned free_port(void)
{
    struct sockaddr_in address;
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", 0, &address);
    ck_assert_int_eq(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    getsockname(fd, (struct sockaddr *)&address, &len);
    close(fd);
    return ntohs(address.sin_port);
}

/* /post is proxied so that the body is read: nginx otherwise answers before, and resets the stream. */
static char *nginx_conf(void)
{
    return mem_printf(
        "daemon off; master_process off; pid %s/pid; error_log stderr error;\n"
        "events { worker_connections 512; }\n"
        "http { access_log off; default_type text/plain; client_body_temp_path %s/body;\n"
        "proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; scgi_temp_path %s/s;\n"
        "server { listen 127.0.0.1:%u ssl http2; ssl_certificate %s/cert; ssl_certificate_key %s/key;\n"
        "location / { return 200 \"$server_protocol $connection $request_uri\"; }\n"
        "location /large { root %s; }\n"
        "location /limited { return 503 \"later\"; } } }\n",
        dir, dir, dir, dir, dir, dir, port, dir, dir, dir);
}

static bool answers(void)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uv_ip4_addr("127.0.0.1", (int)port, &address);
    bool ok = connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return ok;
}

static void start_nginx(void)
{
    ck_assert_ptr_nonnull(mkdtemp(dir));
    identity_init(&ca, "CA", NULL, NULL);
    identity_init(&server, "server", &ca, "IP:127.0.0.1");
    port = free_port();
    char *conf = nginx_conf(), *path = mem_printf("%s/conf", dir);
    write_file("conf", conf);
    write_file("cert", server.cert_pem);
    write_file("key", server.key_pem);
    char *large = mem_zalloc((size_t)3000001);
    memset(large, 'x', 3000000);
    write_file("large", large);
    nginx = fork();
    if (nginx == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test must not leave it behind */
        execlp("nginx", "nginx", "-p", dir, "-c", path, (char *)NULL);
        execl("/usr/sbin/nginx", "nginx", "-p", dir, "-c", path, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200 && !answers(); i++)
        usleep(50000);
    ck_assert_msg(answers(), "nginx does not answer");
    mem_free(large);
    mem_free(path);
    mem_free(conf);
}

static void stop_nginx(void)
{
    static const char *const names[] = {"conf", "cert", "key", "large", "pid", "body",
                                        "p",    "f",    "u",   "s",     ""};
    kill(nginx, SIGTERM);
    waitpid(nginx, NULL, 0);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char *path = mem_printf("%s/%s", dir, names[i]);
        remove(path);
        mem_free(path);
    }
    identity_done(&ca);
    identity_done(&server);
}

static struct http_pool *pool_of(bool http2, unsigned cap)
{
    return open_pool(
        &(struct http_pool_options){.http2 = http2, .tls.ca_pem = ca.cert_pem, .max_in_flight = cap});
}

static char *url_of(const char *path)
{
    return mem_printf("https://127.0.0.1:%u%s", port, path);
}

/* 300 at once: one connection (nginx allows 128 streams; the rest waits or opens a few more), each answered.
 */
START_TEST(multiplexed)
{
    enum { CALLS = 300 };
    struct answer *list = mem_zalloc_array(CALLS, sizeof(*list));
    start_nginx();
    struct http_pool *pool = pool_of(true, 100);
    char first[64] = "";
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < CALLS; i++) {
            char path[32];
            snprintf(path, sizeof(path), "/?i=%d", i);
            char *url = url_of(path);
            start_request(pool, &(struct http_request){.url = url, .timeout_ms = 15000}, &list[i]);
            mem_free(url);
        }
        for (int i = 0; i < CALLS; i++) {
            char expected[32];
            run_until(&list[i].done);
            ck_assert_msg(list[i].status == 200, "%s", list[i].error.msg);
            snprintf(expected, sizeof(expected), "/?i=%d", i);
            ck_assert_str_eq(strrchr(list[i].body, ' ') + 1, expected);
            ck_assert_int_eq(strncmp(list[i].body, "HTTP/2.0 ", 9), 0);
            *strrchr(list[i].body, ' ') = '\0';
            if (!first[0])
                snprintf(first, sizeof(first), "%s", list[i].body);
            ck_assert_str_eq(list[i].body, first); /* protocol and connection number */
            answer_done(&list[i]);
        }
    }
    close_pool(pool);
    mem_free(list);
    stop_nginx();
}
END_TEST

/* nginx ends a connection after 1,000 requests (GOAWAY); the requests around that moment must not fail. */
START_TEST(connection_ended_by_the_server)
{
    struct answer list[50];
    start_nginx();
    struct http_pool *pool = pool_of(true, 20);
    char *url = url_of("/");
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < ARRAY_LEN(list); i++)
            start_request(pool, &(struct http_request){.url = url, .timeout_ms = 15000}, &list[i]);
        for (size_t i = 0; i < ARRAY_LEN(list); i++) {
            run_until(&list[i].done);
            ck_assert_msg(list[i].status == 200, "%s", list[i].error.msg);
            answer_done(&list[i]);
        }
    }
    mem_free(url);
    close_pool(pool);
    stop_nginx();
}
END_TEST

START_TEST(versions_do_not_mix)
{
    struct answer answer;
    start_nginx();
    struct http_pool *two = pool_of(true, 0), *one = pool_of(false, 0);
    char *url = url_of("/");
    for (int i = 0; i < 3; i++) {
        ask(two, &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(strncmp(answer.body, "HTTP/2.0 ", 9), 0);
        answer_done(&answer);
        ask(one, &(struct http_request){.url = url}, &answer);
        ck_assert_int_eq(strncmp(answer.body, "HTTP/1.1 ", 9), 0);
        answer_done(&answer);
    }
    mem_free(url);
    close_pool(one);
    close_pool(two);
    stop_nginx();
}
END_TEST

/* One stream of many is canceled, one is too large, one comes with a body: the others do not notice. */
START_TEST(streams_are_independent)
{
    struct answer large, capped, canceled, posted, late;
    start_nginx();
    struct http_pool *pool = pool_of(true, 0);
    char *url = url_of("/large"), *post = url_of("/post"), *limited = url_of("/limited");
    for (int round = 0; round < 5; round++) {
        start_request(pool, &(struct http_request){.url = url, .timeout_ms = 10000}, &large);
        start_request(pool, &(struct http_request){.url = url, .max_body = 1000}, &capped);
        start_request(pool, &(struct http_request){.url = url}, &canceled);
        start_request(pool,
                      &(struct http_request){.method = "POST", .url = post, .body = "{}", .body_len = 2},
                      &posted);
        start_request(pool, &(struct http_request){.url = limited}, &late);
        run_for(round * 2);
        if (canceled.call)
            http_cancel(canceled.call);
        struct answer *all[] = {&large, &capped, &canceled, &posted, &late};
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            run_until(&all[i]->done);
        ck_assert_msg(large.status == 200, "%s", large.error.msg);
        ck_assert_uint_eq(large.body_len, 3000000);
        ck_assert_int_eq(capped.error.code, ERR_LIMIT);
        ck_assert_msg(posted.status == 200, "%s", posted.error.msg);
        ck_assert_int_eq(late.status, 503);
        for (size_t i = 0; i < ARRAY_LEN(all); i++)
            answer_done(all[i]);
    }
    char *texts[] = {url, post, limited};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    close_pool(pool);
    stop_nginx();
}
END_TEST

RUN_SUITE("http2", multiplexed, connection_ended_by_the_server, versions_do_not_mix, streams_are_independent)
