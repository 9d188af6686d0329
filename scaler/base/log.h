/* The log: one line an event, to stderr, as text or JSON. Never give it a secret. */
#ifndef SCALER_BASE_LOG_H
#define SCALER_BASE_LOG_H

#include <stdbool.h>

#include "scaler/base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

void log_setup(enum log_level level, enum log_format format);
int log_parse_level(const char *text, enum log_level *ret, struct err *err);   /* error|warn|info|debug */
int log_parse_format(const char *text, enum log_format *ret, struct err *err); /* text|json */
bool log_enabled(enum log_level level);

/* object: "namespace/name" the line is about, or NULL. */
void log_write(enum log_level level, const char *object, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(...) log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_LEVEL_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                                       \
    do {                                                                                                     \
        if (log_enabled(LOG_LEVEL_DEBUG))                                                                    \
            log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);                                                         \
    } while (0)

#endif
