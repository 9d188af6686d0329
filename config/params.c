/* Owns the walk over a trigger type's rows: where a value comes from (spec/keda-scalers.md §1.1), what is
 * missing, what is unknown. The grammar of single values is param_value.c's. */
#include "config/params.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/param_value.h"
#include "config/suggest.h"
#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

#define ENV_SUFFIX        "FromEnv"
#define MESSAGE_MAX_BYTES 1024

/* The sink given to check(): what is known to be wrong with a parameter makes every further word on it noise.
 */
struct filter {
    struct params_error_sink base;
    struct params_error_sink *next;
    const struct param_row **failed;
    size_t failed_len;
    size_t errors;
};

struct parse {
    const struct params_context *context;
    struct filter *filter;
    char *config;
};

/* A value and where it came from. */
struct found {
    char *text; /* trimmed, not blank; NULL: absent everywhere */
    const char *key;
    enum param_source source;
};

__attribute__((format(printf, 4, 0))) static void report(struct params_error_sink *sink, bool warning,
                                                         const char *key, const char *fmt, va_list args)
{
    char text[MESSAGE_MAX_BYTES];
    (void)vsnprintf(text, sizeof(text), fmt, args);
    sink->add(sink, warning, key, text);
}

void params_report(struct params_error_sink *sink, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(sink, false, key, fmt, args);
    va_end(args);
}

void params_warn(struct params_error_sink *sink, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    report(sink, true, key, fmt, args);
    va_end(args);
}

static bool row_from(const struct param_row *row, enum param_source source)
{
    for (size_t i = 0; i < PARAM_SOURCES_MAX && row->from[i] != PARAM_FROM_END; i++)
        if (row->from[i] == source)
            return true;
    return false;
}

static bool row_named(const struct param_row *row, const char *name)
{
    for (size_t i = 0; i < PARAM_NAMES_MAX && row->names[i]; i++)
        if (strcmp(row->names[i], name) == 0)
            return true;
    return false;
}

static void on_checked(struct params_error_sink *sink, bool warning, const char *key, const char *message)
{
    struct filter *filter = container_of(sink, struct filter, base);
    for (size_t i = 0; key && !warning && i < filter->failed_len; i++)
        if (row_named(filter->failed[i], key))
            return;
    filter->errors += !warning;
    filter->next->add(filter->next, warning, key, message);
}

static const char *env_name_of(const struct params_context *context, const char *name)
{
    AUTO_FREE char *key = mem_printf("%s%s", name, ENV_SUFFIX);
    return context->metadata ? text_map_get(context->metadata, key) : NULL;
}

static const char *raw_value(const struct params_context *context, enum param_source source, const char *name)
{
    const char *variable;
    switch (source) {
    case PARAM_FROM_METADATA:
        return context->metadata ? text_map_get(context->metadata, name) : NULL;
    case PARAM_FROM_AUTH:
        return context->auth ? text_map_get(context->auth, name) : NULL;
    case PARAM_FROM_ENV:
        variable = env_name_of(context, name);
        return variable && context->env ? text_map_get(context->env, variable) : NULL;
    case PARAM_FROM_END:
        break;
    }
    return NULL;
}

/* Sources in their order, aliases within a source; what is blank after trimming is absent. */
static struct found find_value(const struct params_context *context, const struct param_row *row)
{
    for (size_t s = 0; s < PARAM_SOURCES_MAX && row->from[s] != PARAM_FROM_END; s++) {
        for (size_t n = 0; n < PARAM_NAMES_MAX && row->names[n]; n++) {
            char *text = text_trim(raw_value(context, row->from[s], row->names[n]));
            if (text && *text)
                return (struct found){.text = text, .key = row->names[n], .source = row->from[s]};
            mem_free(text);
        }
    }
    return (struct found){0};
}

bool params_may_come_later(const struct params_context *context, const struct param_row *row)
{
    if (context->auth_unknown && row_from(row, PARAM_FROM_AUTH))
        return true;
    if (!context->env_unknown || !row_from(row, PARAM_FROM_ENV))
        return false;
    for (size_t i = 0; i < PARAM_NAMES_MAX && row->names[i]; i++)
        if (env_name_of(context, row->names[i]))
            return true;
    return false;
}

/* The key that a finding hangs on; what cannot stand in the metadata is named in the text instead. */
static void fail(struct parse *parse, const struct param_row *row, const char *key, const char *text)
{
    struct filter *filter = parse->filter;
    filter->errors++;
    filter->failed[filter->failed_len++] = row;
    if (row_from(row, PARAM_FROM_METADATA))
        params_report(filter->next, key, "%s", text);
    else
        params_report(filter->next, NULL, "parameter %s %s", key, text);
}

static void fail_missing(struct parse *parse, const struct param_row *row)
{
    struct strbuf text;
    strbuf_init(&text);
    strbuf_append(&text, "is required");
    for (size_t i = 1; i < PARAM_NAMES_MAX && row->names[i]; i++)
        strbuf_printf(&text, "%s %s", i == 1 ? ", under this name or as" : " or", row->names[i]);
    if (row_from(row, PARAM_FROM_AUTH))
        strbuf_append(&text, row_from(row, PARAM_FROM_METADATA) ? " (here or from authenticationRef)"
                                                                : " from authenticationRef");
    fail(parse, row, row->names[0], text.data);
    strbuf_done(&text);
}

/* Only what stands openly in the metadata is quoted. */
static void fail_value(struct parse *parse, const struct param_row *row, const struct found *found,
                       const char *wrong)
{
    bool open = found->source == PARAM_FROM_METADATA && !row->secret;
    AUTO_FREE char *text = open ? mem_printf("%s, not \"%.80s\"", wrong, found->text) : mem_strdup(wrong);
    fail(parse, row, found->key, text);
}

static void parse_default(struct parse *parse, const struct param_row *row, size_t offset)
{
    if (!row->default_text)
        return;
    AUTO_FREE char *wrong = param_value_parse(row, row->default_text, parse->config + offset);
    if (wrong)
        fail(parse, row, row->names[0], "has a default that does not parse");
}

static void parse_found(struct parse *parse, const struct param_row *row, size_t offset, size_t set_offset,
                        const struct found *found)
{
    AUTO_FREE char *wrong = param_value_parse(row, found->text, parse->config + offset);
    if (wrong)
        fail_value(parse, row, found, wrong);
    else if (set_offset)
        *(bool *)(parse->config + set_offset) = true;
}

static void parse_row(struct parse *parse, const struct param_row *row, size_t base)
{
    struct found found = find_value(parse->context, row);
    if (row->refused) {
        if (found.text)
            fail(parse, row, found.key, row->refused);
    } else if (found.text) {
        parse_found(parse, row, base + row->offset, row->set_offset ? base + row->set_offset : 0, &found);
    } else if (row->default_text) {
        parse_default(parse, row, base + row->offset);
    } else if (row->required && !params_may_come_later(parse->context, row)) {
        fail_missing(parse, row);
    }
    mem_free_secret(found.text);
}

/* Rows of the schema itself come with base 0, those of a group with the group's offset. */
static void each_row(const struct trigger_schema *schema,
                     void (*fn)(const struct param_row *row, size_t base, void *arg), void *arg)
{
    for (size_t i = 0; i < schema->rows_len; i++)
        fn(&schema->rows[i], 0, arg);
    for (size_t g = 0; g < schema->groups_len; g++)
        for (size_t i = 0; i < schema->groups[g].rows_len; i++)
            fn(&schema->groups[g].rows[i], schema->groups[g].offset, arg);
}

static void on_parse_row(const struct param_row *row, size_t base, void *arg)
{
    parse_row(arg, row, base);
}

struct each {
    void (*fn)(const struct param_row *row, size_t offset, void *arg);
    void *arg;
};

static void on_each_row(const struct param_row *row, size_t base, void *arg)
{
    const struct each *each = arg;
    each->fn(row, base + row->offset, each->arg);
}

void params_each(const struct trigger_schema *schema,
                 void (*fn)(const struct param_row *row, size_t offset, void *arg), void *arg)
{
    struct each each = {fn, arg};
    each_row(schema, on_each_row, &each);
}

/* One metadata key against all rows. */
struct lookup {
    const char *key;
    struct suggest suggest;
    bool known;
    bool elsewhere; /* a parameter's name, but one that is not read from the metadata */
};

static bool is_env_key(const struct param_row *row, const char *key)
{
    size_t len = strlen(key), suffix = strlen(ENV_SUFFIX);
    if (len <= suffix || strcmp(key + len - suffix, ENV_SUFFIX) != 0)
        return false;
    for (size_t i = 0; i < PARAM_NAMES_MAX && row->names[i]; i++)
        if (strlen(row->names[i]) == len - suffix && memcmp(row->names[i], key, len - suffix) == 0)
            return true;
    return false;
}

struct env_search {
    const char *key;
    bool found;
};

static void on_env_row(const struct param_row *row, size_t base, void *arg)
{
    (void)base;
    struct env_search *search = arg;
    search->found |= row_from(row, PARAM_FROM_ENV) && is_env_key(row, search->key);
}

bool params_is_env_key(const struct trigger_schema *schema, const char *key)
{
    struct env_search search = {.key = key};
    each_row(schema, on_env_row, &search);
    return search.found;
}

static void on_lookup_row(const struct param_row *row, size_t base, void *arg)
{
    (void)base;
    struct lookup *lookup = arg;
    bool named = row_named(row, lookup->key);
    bool from_metadata = row_from(row, PARAM_FROM_METADATA);
    lookup->known |=
        (named && from_metadata) || (row_from(row, PARAM_FROM_ENV) && is_env_key(row, lookup->key));
    lookup->elsewhere |= named && !from_metadata;
    for (size_t i = 0; from_metadata && i < PARAM_NAMES_MAX && row->names[i]; i++)
        suggest_offer(&lookup->suggest, row->names[i]);
}

static void warn_unknown_keys(const struct trigger_schema *schema, const struct text_map *metadata,
                              struct params_error_sink *sink)
{
    char hint[SUGGEST_TEXT_MAX];
    for (size_t i = 0; metadata && i < metadata->len; i++) {
        struct lookup lookup = {.key = metadata->items[i].key};
        suggest_init(&lookup.suggest, lookup.key);
        each_row(schema, on_lookup_row, &lookup);
        if (lookup.known)
            continue;
        if (lookup.elsewhere)
            params_warn(sink, lookup.key, "is ignored here: it is only read through authenticationRef");
        else
            params_warn(sink, lookup.key, "unknown parameter, ignored%s",
                        suggest_text(&lookup.suggest, hint, sizeof(hint)));
    }
}

static size_t count_rows(const struct trigger_schema *schema)
{
    size_t len = schema->rows_len;
    for (size_t g = 0; g < schema->groups_len; g++)
        len += schema->groups[g].rows_len;
    return len;
}

int params_parse(const struct trigger_schema *schema, const struct params_context *context, void *config,
                 struct params_error_sink *sink)
{
    struct filter filter = {.base.add = on_checked, .next = sink};
    struct parse parse = {.context = context, .filter = &filter, .config = config};
    filter.failed = mem_zalloc_array(count_rows(schema), sizeof(*filter.failed));
    memset(config, 0, schema->config_size);
    each_row(schema, on_parse_row, &parse);
    warn_unknown_keys(schema, context->metadata, sink);
    if (schema->check)
        schema->check(config, context, &filter.base);
    mem_free(filter.failed);
    if (filter.errors == 0)
        return 0;
    params_done(schema, config);
    return ERR_CONFIG;
}

static void on_done_row(const struct param_row *row, size_t base, void *arg)
{
    param_value_done(row, (char *)arg + base + row->offset);
}

void params_done(const struct trigger_schema *schema, void *config)
{
    if (schema->done)
        schema->done(config);
    each_row(schema, on_done_row, config);
    mem_wipe(config, schema->config_size);
}

bool param_ranges_contain(const struct param_ranges *ranges, int64_t value)
{
    for (size_t i = 0; i < ranges->len; i++)
        if (value >= ranges->items[i].first && value <= ranges->items[i].last)
            return true;
    return false;
}
