/* Owns metric families: names, types, and which family a _sum, _count or _bucket belongs to. */
#include <string.h>
#include <strings.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/metrics_api/exposition_internal.h"

static bool ends_with(const char *name, const char *suffix)
{
    size_t len = strlen(name), suffix_len = strlen(suffix);
    return len > suffix_len && strcmp(name + len - suffix_len, suffix) == 0;
}

static struct family *find(struct exposition *expo, const char *name, size_t len)
{
    struct family *family = NULL;
    HASH_FIND(hh, expo->families, name, len, family);
    return family;
}

/* The summary or histogram that name is a part of; NULL: none. */
static struct family *find_whole(struct exposition *expo, const char *name)
{
    static const char *const suffixes[] = {"_count", "_sum", "_bucket"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (!ends_with(name, suffixes[i]))
            continue;
        struct family *family = find(expo, name, strlen(name) - strlen(suffixes[i]));
        bool bucket = i == 2;
        if (!family || (family->type != HISTOGRAM && (bucket || family->type != SUMMARY)))
            return NULL;
        expo->is_count = i == 0;
        expo->is_part = !bucket;
        return family;
    }
    return NULL;
}

int exposition_choose_family(struct exposition *expo)
{
    const struct strbuf *name = &expo->token;
    expo->is_count = expo->is_part = false;
    if (name->len == 0 || strlen(name->data) != name->len || !text_is_utf8(name->data, name->len))
        return exposition_fail(expo, "an invalid metric name");
    struct family *family = find(expo, name->data, name->len);
    if (!family)
        family = find_whole(expo, name->data);
    if (!family) {
        if (expo->family_count++ == EXPOSITION_MAX_FAMILIES)
            return err_set(expo->err, ERR_LIMIT, "more than %d metrics", EXPOSITION_MAX_FAMILIES);
        family = mem_zalloc(sizeof(*family));
        family->name = mem_strdup(name->data);
        HASH_ADD_KEYPTR(hh, expo->families, family->name, name->len, family);
    }
    expo->family = family;
    return 0;
}

int exposition_read_type(struct exposition *expo)
{
    static const struct {
        const char *name;
        enum family_type type;
    } types[] = {
        {"counter", COUNTER},          {"gauge", GAUGE},         {"summary", SUMMARY},
        {"untyped", UNTYPED},          {"histogram", HISTOGRAM}, {"gauge_histogram", HISTOGRAM},
        {"gaugehistogram", HISTOGRAM},
    };
    if (expo->family->type != FAMILY_NONE)
        return exposition_fail(expo, "a second TYPE, or one after the samples");
    int code = exposition_rest(expo, false);
    if (code != 0)
        return code;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (strlen(expo->token.data) == expo->token.len && strcasecmp(types[i].name, expo->token.data) == 0) {
            expo->family->type = types[i].type;
            return 0;
        }
    }
    return exposition_fail(expo, "an unknown metric type");
}

void exposition_families_done(struct exposition *expo)
{
    struct family *family, *next;
    HASH_ITER (hh, expo->families, family, next) {
        HASH_DEL(expo->families, family);
        mem_free(family->name);
        mem_free(family);
    }
}
