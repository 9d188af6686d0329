/* Trigger parameters as rows: what a trigger type accepts, where from, in which range. One walker (params.c)
 * parses metadata, authentication parameters and the container's environment through the rows, as
 * spec/keda-scalers.md §1.1 and §1.2 say; `validate`, the reference pages and the daemon use the same rows.
 */
#ifndef CONFIG_PARAMS_H
#define CONFIG_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/err.h"
#include "scaler/base/text.h"

/* The member that a row fills (at `offset` in the type's config struct): */
enum param_type {
    PARAM_STRING,     /* char *         owned; NULL when absent and without default */
    PARAM_INT,        /* int64_t */
    PARAM_UINT,       /* int64_t        as PARAM_INT, but without a sign: "-0" is refused */
    PARAM_FLOAT,      /* double */
    PARAM_BOOL,       /* bool */
    PARAM_DURATION,   /* int64_t        nanoseconds */
    PARAM_LIST,       /* struct text_list */
    PARAM_MAP,        /* struct text_map */
    PARAM_URL_VALUES, /* struct text_map; a key given twice stands twice (use items, not text_map_get) */
    PARAM_INT_RANGES, /* struct param_ranges: "1,2,10-20" */
    PARAM_INT_LIST,   /* struct param_ranges: "1,-2,10", each a range of one */
    PARAM_INT_MAP,    /* struct text_map; each value is a whole number */
};

struct param_range {
    int64_t first, last; /* inclusive; first > last: an empty range */
};
struct param_ranges {
    struct param_range *items;
    size_t len;
};

/* Sources, tried in the order of the row's `from`; blank after trimming is absent. */
enum param_source { PARAM_FROM_END = 0, PARAM_FROM_METADATA, PARAM_FROM_ENV, PARAM_FROM_AUTH };
#define PARAM_SOURCES_MAX 3
#define PARAM_NAMES_MAX   4

struct param_row {
    const char *names[PARAM_NAMES_MAX]; /* the first is the canonical one, the others aliases */
    enum param_type type;
    enum param_source from[PARAM_SOURCES_MAX];
    bool required;
    bool secret;                  /* never shown; wiped when dropped */
    const char *default_text;     /* parsed like a value; NULL: zero */
    const char *const *choices;   /* enum: NULL-terminated, checked per comma-separated piece */
    const char *const *exclusive; /* at most one piece may belong to this NULL-terminated set */
    bool has_min, has_max;
    double min, max;     /* of PARAM_INT, PARAM_UINT, PARAM_FLOAT, PARAM_DURATION (nanoseconds) */
    bool min_exclusive;  /* > min instead of ≥ */
    char separator;      /* of lists; 0: ',' */
    const char *refused; /* deprecated: presence is an error with this text */
    const char *doc;     /* one sentence for the reference page */
    size_t offset;
    size_t set_offset; /* bool that tells whether it was given; 0: none */
};

/* A reusable block of rows (authentication, TLS); offsets are relative to `offset` in the config struct. */
struct param_group {
    const struct param_row *rows;
    size_t rows_len;
    size_t offset;
};
#define PARAM_GROUPS_MAX 4

struct params_error_sink {
    /* key: the metadata key concerned or NULL; from the walker and from the type's check(). */
    void (*add)(struct params_error_sink *sink, bool warning, const char *key, const char *message);
};
void params_report(struct params_error_sink *sink, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void params_warn(struct params_error_sink *sink, const char *key, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Where values come from for one trigger. */
struct params_context {
    const struct text_map *metadata;
    const struct text_map *auth; /* resolved authentication parameters; may be NULL */
    const struct text_map *env;  /* resolved container environment; may be NULL */
    bool auth_unknown; /* auth could hold more than is at hand: nothing that may come from it is missing */
    bool env_unknown;
    const char *ns;     /* the object's namespace; NULL: not known here */
    bool utilization;   /* metricType: Utilization */
    bool metric_source; /* the object uses scalingModifiers: "target must be set" is waived (§4.3) */
    unsigned trigger_index;
};

/* What a trigger type accepts. scalers/api.h embeds it; config/ knows only this much of a type. */
struct trigger_schema {
    const char *const *names; /* the trigger types it answers to; NULL-terminated */
    const char *title;        /* "Prometheus query" */
    const char *doc;          /* a paragraph for the reference page */
    const struct param_row *rows;
    size_t rows_len;
    struct param_group groups[PARAM_GROUPS_MAX];
    size_t groups_len;
    size_t config_size;
    /* Rules between parameters; reports every violation. May normalise the config. What context->auth_unknown
     * or env_unknown may still supply is not held missing. NULL: none. */
    void (*check)(void *config, const struct params_context *context, struct params_error_sink *sink);
    /* Frees what check() added besides the rows' members. NULL: nothing. */
    void (*done)(void *config);
};

/* The known authentication parameter's value might exist elsewhere: true if context says so for this row's
 * sources. */
bool params_may_come_later(const struct params_context *context, const struct param_row *row);

/* key is the `<param>FromEnv` of a row that reads the container's environment. */
bool params_is_env_key(const struct trigger_schema *schema, const char *key);

/* Parses into config (config_size bytes, zeroed by this call). All errors go to sink; returns 0, or
 * ERR_CONFIG if there was any. On error config is already released. Unknown metadata keys are warnings. */
int params_parse(const struct trigger_schema *schema, const struct params_context *context, void *config,
                 struct params_error_sink *sink);
void params_done(const struct trigger_schema *schema, void *config); /* secrets are wiped */

/* Calls fn for every row, groups included, with the effective offset. */
void params_each(const struct trigger_schema *schema,
                 void (*fn)(const struct param_row *row, size_t offset, void *arg), void *arg);

bool param_ranges_contain(const struct param_ranges *ranges, int64_t value);

#endif
