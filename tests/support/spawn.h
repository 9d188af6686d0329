/* Real servers for tests: started as children that die with the test, stopped by their id, in a directory of
 * their own. */
#ifndef TESTS_SUPPORT_SPAWN_H
#define TESTS_SUPPORT_SPAWN_H

#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scaler/base/mem.h"

#define SPAWN_PATH_MAX 256

static inline void spawn_sleep_ms(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

/* A fresh directory under the temporary one; spawn_remove_dir takes it away. */
static inline char *spawn_temp_dir(void)
{
    const char *base = getenv("TMPDIR");
    char *dir = mem_printf("%s/davit-test-XXXXXX", base && *base ? base : "/tmp");
    ck_assert_msg(mkdtemp(dir) != NULL, "mkdtemp %s", dir);
    return dir;
}

static inline void spawn_write_file(const char *dir, const char *name, const char *text)
{
    char path[SPAWN_PATH_MAX];
    snprintf(path, sizeof(path), "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_int_ge(fputs(text, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

/* In the child: dies with its parent, speaks into log, and sees nothing of the test's descriptors. */
static inline void spawn_child(const char *const *argv, const char *log, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(126);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    int in = open("/dev/null", O_RDONLY);
    dup2(in, 0);
    dup2(out, 1);
    dup2(out, 2);
    for (int fd = 3; fd < 256; fd++)
        close(fd);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(127);
}

/* argv: NULL-terminated; the program is looked for in PATH and /usr/sbin. */
static inline pid_t spawn_start(const char *const *argv, const char *log)
{
    pid_t parent = getpid();
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0)
        spawn_child(argv, log, parent);
    return pid;
}

/* Asks, waits up to 5 s, then forces. */
static inline void spawn_stop(pid_t pid)
{
    int status = 0;
    kill(pid, SIGCONT);
    kill(pid, SIGTERM);
    for (int i = 0; i < 500; i++) {
        if (waitpid(pid, &status, WNOHANG) == pid)
            return;
        spawn_sleep_ms(10);
    }
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
}

/* Runs to the end; the exit code must be 0. */
static inline void spawn_run(const char *const *argv, const char *log)
{
    int status = 0;
    pid_t pid = spawn_start(argv, log);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %d, see %s", argv[0], status,
                  log);
}

static inline struct sockaddr_in spawn_loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* A port that was free a moment ago, for servers that cannot choose one themselves. */
static inline int spawn_free_port(void)
{
    struct sockaddr_in address = spawn_loopback(0);
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static inline bool spawn_port_answers(int port)
{
    struct sockaddr_in address = spawn_loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return ok;
}

/* Waits until the child listens; false when it has died or 20 s are over. */
static inline bool spawn_wait_port(pid_t pid, int port)
{
    int status;
    for (int i = 0; i < 2000; i++) {
        if (spawn_port_answers(port))
            return true;
        if (waitpid(pid, &status, WNOHANG) == pid)
            return false;
        spawn_sleep_ms(10);
    }
    return false;
}

static inline void spawn_remove_dir(char *dir)
{
    const char *argv[] = {"rm", "-rf", "--", dir, NULL};
    spawn_run(argv, "/dev/null");
    mem_free(dir);
}

#endif
