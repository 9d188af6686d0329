/* Owns the way from bytes to checked trees: libyaml's events in, documents out. Meaning is config's. */
#include "scaler/base/yaml.h"

#include <string.h>
#include <yaml.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/base/yaml_arena.h"
#include "scaler/base/yaml_build.h"
#include "scaler/base/yaml_place.h"
#include "scaler/base/yaml_scalar.h"

/* libyaml looks through a document's tag directives one by one for each new one. */
#define DIRECTIVES_MAX 1000

struct reader {
    yaml_parser_t parser;
    struct yaml_builder builder;
    struct yaml_cursor cursor;
    struct yaml_node **documents;
    size_t len;
    size_t cap;
    bool ended;
};

static void point_at(struct reader *reader, yaml_mark_t mark)
{
    const size_t most = INT32_MAX - 1;
    reader->builder.line = (int)(mark.line < most ? mark.line : most) + 1;
    reader->builder.column = (int)(mark.column < most ? mark.column : most) + 1;
}

static void point_at_byte(struct reader *reader, const char *bytes, size_t offset)
{
    int line = 1;
    size_t start = 0;
    for (size_t i = 0; i < offset; i++) {
        if (bytes[i] == '\n') {
            line++;
            start = i + 1;
        }
    }
    reader->builder.line = line;
    reader->builder.column = (int)(offset - start) + 1;
}

/* What libyaml would accept or misreport, refused before it sees the text. */
static int check_bytes(struct reader *reader, const char *bytes, size_t len, struct err *err)
{
    if (len > YAML_MAX_BYTES)
        return err_set(err, ERR_LIMIT, "%zu bytes of YAML, more than %zu", len, YAML_MAX_BYTES);
    unsigned directives = 0;
    for (size_t i = 0; i < len;) {
        size_t width = text_utf8_width(bytes + i, len - i);
        if (width == 0 || bytes[i] == '\0') {
            point_at_byte(reader, bytes, i);
            return err_set(err, ERR_CONFIG, width == 0 ? "not valid UTF-8" : "a NUL byte");
        }
        directives += bytes[i] == '%' && (i == 0 || bytes[i - 1] == '\n' || bytes[i - 1] == '\r');
        i += width;
    }
    if (directives > DIRECTIVES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d YAML directives", DIRECTIVES_MAX);
    return 0;
}

static int fail_parser(struct reader *reader, struct err *err)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "not valid YAML";
    if (parser->error == YAML_READER_ERROR) {
        reader->builder.line = 0;
        reader->builder.column = 0;
        return err_set(err, ERR_CONFIG, "%s (byte %zu)", problem, parser->problem_offset);
    }
    point_at(reader, parser->problem_mark);
    if (parser->context)
        return err_set(err, ERR_CONFIG, "%s %s", problem, parser->context);
    return err_set(err, ERR_CONFIG, "%s", problem);
}

static int copy_text(struct reader *reader, const yaml_event_t *event, char **ret, struct err *err)
{
    size_t len = event->data.scalar.length;
    if (memchr(event->data.scalar.value, '\0', len))
        return err_set(err, ERR_CONFIG, "a string contains NUL");
    char *text = yaml_arena_alloc(reader->builder.arena, len + 1);
    if (!text)
        return yaml_builder_fail_memory(err);
    memcpy(text, event->data.scalar.value, len);
    *ret = text;
    return 0;
}

static int on_scalar(struct reader *reader, const yaml_event_t *event, struct err *err)
{
    const char *tag = (const char *)event->data.scalar.tag;
    struct yaml_built *built =
        yaml_builder_node(&reader->builder, YAML_STRING, (const char *)event->data.scalar.anchor, err);
    if (!built)
        return err ? err->code : ERR_LIMIT;
    int rc = copy_text(reader, event, &built->node.text, err);
    if (rc != 0)
        return rc;
    built->node.quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    yaml_place_scalar(&built->node, &reader->cursor, event);
    built->is_merge_key = !tag && !built->node.quoted && strcmp(built->node.text, "<<") == 0;
    if (tag)
        rc = yaml_scalar_resolve_tagged(&built->node, tag, err);
    else if (event->data.scalar.plain_implicit)
        yaml_scalar_resolve(&built->node);
    return rc != 0 ? rc : yaml_builder_add(&reader->builder, built, err);
}

static int on_open(struct reader *reader, enum yaml_kind kind, const yaml_char_t *anchor,
                   const yaml_char_t *tag, struct err *err)
{
    const char *own = kind == YAML_MAP ? YAML_MAP_TAG : YAML_SEQ_TAG;
    if (tag && strcmp((const char *)tag, own) != 0 && strcmp((const char *)tag, "!") != 0)
        return err_set(err, ERR_CONFIG, "unknown tag \"%.80s\" on %s", (const char *)tag,
                       yaml_kind_name(kind));
    struct yaml_built *built = yaml_builder_node(&reader->builder, kind, (const char *)anchor, err);
    if (!built)
        return err ? err->code : ERR_LIMIT;
    return yaml_builder_open(&reader->builder, built, err);
}

static int on_document_end(struct reader *reader, struct err *err)
{
    struct yaml_built *root = yaml_builder_end_document(&reader->builder);
    if (!root || root->node.kind == YAML_NULL)
        return 0;
    if (reader->len == YAML_MAX_DOCUMENTS)
        return err_set(err, ERR_LIMIT, "more than %u documents", YAML_MAX_DOCUMENTS);
    if (reader->len == reader->cap) {
        reader->cap = reader->cap ? reader->cap * 2 : 8;
        reader->documents = mem_realloc_array(reader->documents, reader->cap, sizeof(struct yaml_node *));
    }
    reader->documents[reader->len++] = &root->node;
    return 0;
}

static int on_event(struct reader *reader, const yaml_event_t *event, struct err *err)
{
    point_at(reader, event->start_mark);
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(reader, event, err);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(reader, YAML_LIST, event->data.sequence_start.anchor, event->data.sequence_start.tag,
                       err);
    case YAML_MAPPING_START_EVENT:
        return on_open(reader, YAML_MAP, event->data.mapping_start.anchor, event->data.mapping_start.tag,
                       err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return yaml_builder_close(&reader->builder, err);
    case YAML_ALIAS_EVENT:
        return yaml_builder_add_alias(&reader->builder, (const char *)event->data.alias.anchor, err);
    case YAML_DOCUMENT_END_EVENT:
        return on_document_end(reader, err);
    case YAML_STREAM_END_EVENT:
        reader->ended = true;
        return 0;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_START_EVENT:
    default:
        return 0;
    }
}

static int read_events(struct reader *reader, const char *bytes, size_t len, struct err *err)
{
    int rc = 0;
    static const char mark[] =
        "\xef\xbb\xbf"; /* of editors on Windows; libyaml drops it only when it may guess the encoding */
    size_t skip = len >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    reader->cursor = (struct yaml_cursor){.bytes = bytes + skip, .len = len - skip};
    yaml_parser_set_input_string(&reader->parser, (const unsigned char *)bytes + skip, len - skip);
    yaml_parser_set_encoding(&reader->parser, YAML_UTF8_ENCODING);
    while (rc == 0 && !reader->ended) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return fail_parser(reader, err);
        rc = on_event(reader, &event, err);
        yaml_event_delete(&event);
    }
    return rc;
}

static int parse_stream(struct reader *reader, const char *bytes, size_t len, struct err *err)
{
    int rc = check_bytes(reader, bytes, len, err);
    if (rc != 0)
        return rc;
    if (!yaml_parser_initialize(&reader->parser))
        return err_set(err, ERR_LIMIT, "no memory for the YAML parser");
    rc = read_events(reader, bytes, len, err);
    yaml_parser_delete(&reader->parser);
    return rc;
}

int yaml_parse(const char *bytes, size_t len, struct yaml_stream *ret, int *ret_line, int *ret_column,
               struct err *err)
{
    struct yaml_arena *arena = yaml_arena_new();
    struct reader reader = {0};
    yaml_builder_init(&reader.builder, arena);
    int rc = parse_stream(&reader, bytes, len, err);
    yaml_builder_done(&reader.builder);
    if (rc != 0) {
        mem_free(reader.documents);
        yaml_arena_free(arena);
        if (ret_line)
            *ret_line = reader.builder.line;
        if (ret_column)
            *ret_column = reader.builder.column;
        return rc;
    }
    *ret = (struct yaml_stream){.documents = reader.documents, .len = reader.len, .arena = arena};
    return 0;
}

void yaml_done(struct yaml_stream *stream)
{
    if (!stream)
        return;
    mem_free(stream->documents);
    yaml_arena_free(stream->arena);
    *stream = (struct yaml_stream){0};
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP)
        return NULL;
    for (size_t i = 0; i < map->len; i++)
        if (strcmp(map->entries[i].key->text, key) == 0)
            return map->entries[i].value;
    return NULL;
}

const char *yaml_get_text(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *node = yaml_get(map, key);
    return node && node->kind != YAML_NULL ? node->text : NULL;
}

const char *yaml_kind_name(enum yaml_kind kind)
{
    static const char *const names[] = {
        [YAML_NULL] = "null",      [YAML_BOOL] = "a boolean",  [YAML_INT] = "an integer",
        [YAML_FLOAT] = "a number", [YAML_STRING] = "a string", [YAML_LIST] = "a list",
        [YAML_MAP] = "a map",
    };
    return (size_t)kind < ARRAY_LEN(names) ? names[kind] : "nothing";
}
