/* Owns reading whole small files. Watching and writing files are others' work. */
#include "scaler/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scaler/base/mem.h"

/* How long a pipe may keep us waiting: a FIFO dropped into the config directory must not stop the loop. */
#define PIPE_PATIENCE_MS 1000

static int fail_errno(struct err *err, const char *path, const char *what)
{
    int code = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
    return err_set(err, (enum err_code)code, "%s: %s: %s", path, what, strerror(errno));
}

static int fail_limit(struct err *err, const char *path, size_t max_bytes)
{
    return err_set(err, ERR_LIMIT, "%s: larger than %zu bytes", path, max_bytes);
}

static ssize_t read_some(int fd, char *to, size_t room)
{
    for (;;) {
        ssize_t got = read(fd, to, room);
        if (got >= 0 || (errno != EINTR && errno != EAGAIN))
            return got;
        struct pollfd poller = {.fd = fd, .events = POLLIN};
        if (errno == EAGAIN && poll(&poller, 1, PIPE_PATIENCE_MS) == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

/* Doubles with a wiped copy rather than realloc, which would leave a secret's first half in freed memory. */
static char *grow_wiping(char *data, size_t len, size_t cap)
{
    char *grown = mem_alloc(cap);
    memcpy(grown, data, len);
    mem_free_secret(data);
    return grown;
}

/* Reads to the end of fd. `hint` is the size the file system told, which may be 0 (/proc) or stale. */
static int read_all(int fd, const char *path, size_t hint, size_t max_bytes, char **ret, size_t *ret_len,
                    struct err *err)
{
    size_t cap = hint + 2;
    size_t len = 0;
    char *data = mem_alloc(cap);
    for (;;) {
        ssize_t got = read_some(fd, data + len, cap - 1 - len);
        if (got < 0) {
            int rc = fail_errno(err, path, "cannot read");
            mem_free_secret(data);
            return rc;
        }
        if (got == 0)
            break;
        len += (size_t)got;
        if (len > max_bytes) {
            mem_free_secret(data);
            return fail_limit(err, path, max_bytes);
        }
        if (len + 1 == cap) {
            cap = cap < 2048 ? 4096 : cap * 2;
            data = grow_wiping(data, len, cap);
        }
    }
    data[len] = '\0';
    *ret = data;
    if (ret_len)
        *ret_len = len;
    return 0;
}

int file_read(const char *path, size_t max_bytes, char **ret, size_t *ret_len, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return fail_errno(err, path, "cannot open");
    struct stat st;
    int rc;
    if (fstat(fd, &st) != 0)
        rc = fail_errno(err, path, "cannot stat");
    else if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > max_bytes)
        rc = fail_limit(err, path, max_bytes);
    else
        rc = read_all(fd, path, S_ISREG(st.st_mode) ? (size_t)st.st_size : 0, max_bytes, ret, ret_len, err);
    close(fd);
    return rc;
}
