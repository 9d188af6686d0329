/* Errors: a code and one line of text. The struct belongs to the caller and is always the last parameter. */
#ifndef SCALER_BASE_ERR_H
#define SCALER_BASE_ERR_H

enum err_code {
    ERR_NONE = 0,
    ERR_INVALID = -1,  /* a value that breaks a rule of its format */
    ERR_CONFIG = -2,   /* the user's manifest, file or option is wrong */
    ERR_IO = -3,       /* connection refused, reset, file unreadable: a retry may help */
    ERR_TIMEOUT = -4,  /* no (whole) answer before the deadline */
    ERR_CANCELED = -5, /* the asker closed it */
    ERR_AUTH = -6,     /* 401, 403, NOAUTH, SASL failure */
    ERR_NOT_FOUND = -7,
    ERR_CONFLICT = -8,     /* 409, somebody else wrote first */
    ERR_LIMIT = -9,        /* larger, deeper or more than we accept */
    ERR_PROTOCOL = -10,    /* the peer's answer is not what its protocol says */
    ERR_UNAVAILABLE = -11, /* 429, 5xx, "loading": the peer asks us to come back later */
    ERR_UNSUPPORTED = -12, /* understood, and refused by name */
    ERR_GONE = -13,        /* 410: a resourceVersion that is too old */
};

#define ERR_TEXT_MAX 512

struct err {
    int code;
    char msg[ERR_TEXT_MAX];
};

int err_fill(struct err *err, enum err_code code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static inline int err_result(int filled, enum err_code code)
{
    (void)filled;
    return code;
}

/* Fills err (which may be NULL) and gives code. Text longer than ERR_TEXT_MAX is cut at a UTF-8 boundary.
 * Around a function, so that compilers and analysers see that the value is the code, and negative. */
#define err_set(err, code, ...) err_result(err_fill((err), (code), __VA_ARGS__), (code))

/* Puts "context: " before err's text, keeps and returns its code. */
int err_wrap(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A stable lower-case word for metrics and JSON: "timeout", "auth", … */
const char *err_code_name(int code);

#endif
