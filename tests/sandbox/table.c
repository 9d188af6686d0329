/* Owns the Table's envelope and its rows. */
#include "tests/sandbox/table.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "tests/sandbox/event_view.h"
#include "tests/sandbox/store.h"
#include "tests/sandbox/web.h"

#define DUMP_FLAGS (JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15))

bool table_wanted(const struct web_request *request)
{
    return strstr(web_header(request, "accept"), "as=Table") != NULL;
}

enum table_object table_object_of(const struct web_request *request)
{
    const char *include = web_query(request, "includeObject");
    if (strcmp(include, "Object") == 0)
        return TABLE_OBJECT_FULL;
    return strcmp(include, "None") == 0 ? TABLE_OBJECT_NONE : TABLE_OBJECT_META;
}

void table_init(struct table *table, const struct resource *resource, enum table_object object)
{
    *table = (struct table){.resource = resource, .object = object};
    strbuf_init_max(&table->rows, WEB_OUT_MAX);
}

void table_done(struct table *table)
{
    strbuf_done(&table->rows);
}

static int append_block(const char *bytes, size_t len, void *arg)
{
    strbuf_append_n(arg, bytes, len);
    return 0;
}

static json_t *row_object(const struct table *table, json_t *object)
{
    if (table->object == TABLE_OBJECT_NONE)
        return NULL;
    if (table->object == TABLE_OBJECT_FULL)
        return json_incref(object);
    return json_pack("{s:s, s:s, s:O}", "kind", "PartialObjectMetadata", "apiVersion", "meta.k8s.io/v1",
                     "metadata", json_object_get(object, "metadata"));
}

void table_add(struct table *table, const struct blob *blob)
{
    size_t count;
    const struct column *columns = table_columns(table->resource, &count);
    AUTO_JSON json_t *object = view_parse(table->resource, blob);
    AUTO_JSON json_t *row = json_object();
    json_t *cells = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(cells, table_cell(&columns[i], object));
    json_object_set_new(row, "cells", cells);
    json_t *shown = row_object(table, object);
    if (shown)
        json_object_set_new(row, "object", shown);
    if (table->count++)
        strbuf_append_c(&table->rows, ',');
    json_dump_callback(row, append_block, &table->rows, DUMP_FLAGS);
}

static void write_columns(const struct table *table, struct strbuf *out)
{
    size_t count;
    const struct column *columns = table_columns(table->resource, &count);
    for (size_t i = 0; i < count; i++)
        strbuf_printf(
            out, "%s{\"name\":\"%s\",\"type\":\"%s\",\"format\":\"%s\",\"description\":\"\",\"priority\":%d}",
            i ? "," : "", columns[i].name, columns[i].kind == CELL_NUMBER ? "integer" : "string",
            strcmp(columns[i].name, "Name") == 0 ? "name" : "", columns[i].priority);
}

void table_write(const struct table *table, bool columns, uint64_t rv, const char *continue_token,
                 size_t rest, struct strbuf *out)
{
    strbuf_printf(
        out,
        "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"%" PRIu64
        "\"",
        rv);
    if (*continue_token)
        strbuf_printf(out, ",\"continue\":\"%s\"", continue_token);
    if (rest)
        strbuf_printf(out, ",\"remainingItemCount\":%zu", rest);
    strbuf_append(out, "},\"columnDefinitions\":[");
    if (columns)
        write_columns(table, out);
    strbuf_append(out, "],\"rows\":[");
    strbuf_append_n(out, table->rows.data, table->rows.len);
    strbuf_append(out, "]}");
}
