/* Owns reading TZif files (RFC 9636, versions 1 and up). What is not sound is refused whole: a zone with half
 * its changes would be wrong silently. Leap seconds are passed over, as Go does. */
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/zone_internal.h"

#define HEADER_BYTES 44

/* A header's six counts, and the width of its times. */
struct layout {
    uint64_t ut, standard, leaps, changes, types, chars;
    unsigned time_bytes;
};

struct input {
    const unsigned char *at, *end;
};

static int broken(struct err *err, const char *what)
{
    return err_set(err, ERR_PROTOCOL, "not a sound time zone file: %s", what);
}

static uint32_t get_u32(const unsigned char *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static int64_t get_time(const unsigned char *at, unsigned width)
{
    if (width == 4)
        return (int32_t)get_u32(at);
    return (int64_t)((uint64_t)get_u32(at) << 32 | get_u32(at + 4));
}

/* The front of input, or NULL when it is shorter. */
static const unsigned char *take(struct input *input, uint64_t len)
{
    const unsigned char *at = input->at;
    if (len > (uint64_t)(input->end - input->at))
        return NULL;
    input->at += len;
    return at;
}

static int take_header(struct input *input, unsigned *ret_version, struct layout *ret, struct err *err)
{
    const unsigned char *at = take(input, HEADER_BYTES);
    if (!at || memcmp(at, "TZif", 4) != 0)
        return broken(err, "no TZif header");
    if (at[4] != 0 && (at[4] < '2' || at[4] > '9'))
        return broken(err, "unknown version");
    *ret_version = at[4] ? (unsigned)(at[4] - '0') : 1;
    *ret = (struct layout){get_u32(at + 20),
                           get_u32(at + 24),
                           get_u32(at + 28),
                           get_u32(at + 32),
                           get_u32(at + 36),
                           get_u32(at + 40),
                           4};
    return 0;
}

static uint64_t body_bytes(const struct layout *layout)
{
    return layout->changes * (layout->time_bytes + 1) + layout->types * 6 + layout->chars +
           layout->leaps * (layout->time_bytes + 4) + layout->standard + layout->ut;
}

static int read_types(const unsigned char *at, const struct layout *layout, struct zone *zone,
                      struct err *err)
{
    if (layout->types == 0 || layout->types > 256)
        return broken(err, "number of types");
    zone->types_len = (size_t)layout->types;
    zone->types = mem_zalloc_array(zone->types_len, sizeof(*zone->types));
    for (size_t i = 0; i < zone->types_len; i++, at += 6) {
        int64_t offset = (int32_t)get_u32(at);
        if (offset < -ZONE_OFFSET_MAX_S || offset > ZONE_OFFSET_MAX_S)
            return broken(err, "offset");
        if (at[4] > 1 || at[5] >= layout->chars)
            return broken(err, "type");
        zone->types[i] = (struct zone_type){(int32_t)offset, at[4] == 1, zone->abbreviations + at[5]};
    }
    return 0;
}

static int read_changes(const unsigned char *times, const unsigned char *types, const struct layout *layout,
                        struct zone *zone, struct err *err)
{
    zone->changes_len = (size_t)layout->changes;
    zone->changes = mem_zalloc_array(zone->changes_len, sizeof(*zone->changes));
    zone->change_types = mem_zalloc_array(zone->changes_len, 1);
    for (size_t i = 0; i < zone->changes_len; i++) {
        zone->changes[i] = get_time(times + i * layout->time_bytes, layout->time_bytes);
        zone->change_types[i] = types[i];
        if (i > 0 && zone->changes[i] <= zone->changes[i - 1])
            return broken(err, "changes out of order");
        if (types[i] >= layout->types)
            return broken(err, "change to a type that is not there");
    }
    return 0;
}

static int read_body(struct input *input, const struct layout *layout, struct zone *zone, struct err *err)
{
    const unsigned char *times = take(input, body_bytes(layout));
    if (!times)
        return broken(err, "cut short");
    const unsigned char *change_types = times + layout->changes * layout->time_bytes;
    const unsigned char *types = change_types + layout->changes;
    zone->abbreviations = mem_zalloc((size_t)layout->chars + 1);
    memcpy(zone->abbreviations, types + layout->types * 6, (size_t)layout->chars);
    int rc = read_types(types, layout, zone, err);
    return rc < 0 ? rc : read_changes(times, change_types, layout, zone, err);
}

/* "\nCET-1CEST,M3.5.0,M10.5.0/3\n"; "\n\n": none. */
static int read_rule(struct input *input, struct zone *zone, struct err *err)
{
    size_t len = (size_t)(input->end - input->at);
    if (len < 2 || input->at[0] != '\n' || input->end[-1] != '\n')
        return broken(err, "no rule at the end");
    if (len == 2)
        return 0;
    zone->rule = mem_zalloc(sizeof(*zone->rule));
    return posix_tz_parse((const char *)input->at + 1, len - 2, zone->rule) ? 0
                                                                            : broken(err, "rule at the end");
}

int tzif_parse(const char *bytes, size_t len, struct zone *zone, struct err *err)
{
    struct input input = {(const unsigned char *)bytes, (const unsigned char *)bytes + len};
    struct layout layout;
    unsigned version;
    int rc = take_header(&input, &version, &layout, err);
    if (rc < 0)
        return rc;
    if (version == 1)
        return read_body(&input, &layout, zone, err);
    /* The first block repeats the second with 32 bits, for readers of version 1. */
    if (!take(&input, body_bytes(&layout)))
        return broken(err, "cut short");
    rc = take_header(&input, &version, &layout, err);
    if (rc < 0)
        return rc;
    layout.time_bytes = 8;
    rc = read_body(&input, &layout, zone, err);
    return rc < 0 ? rc : read_rule(&input, zone, err);
}

void zone_tables_done(struct zone *zone)
{
    mem_free(zone->changes);
    mem_free(zone->change_types);
    mem_free(zone->types);
    mem_free(zone->abbreviations);
    mem_free(zone->rule);
    zone->changes = NULL;
    zone->change_types = NULL;
    zone->types = NULL;
    zone->abbreviations = NULL;
    zone->rule = NULL;
}
