/* Keys are netstrings ("5:hello,"); what is absent is "-,". */
#include "scalers/shared/key.h"

#include <inttypes.h>
#include <string.h>

void key_add(struct strbuf *key, const char *text)
{
    if (!text) {
        strbuf_append(key, "-,");
        return;
    }
    strbuf_printf(key, "%zu:", strlen(text));
    strbuf_append(key, text);
    strbuf_append_c(key, ',');
}

void key_add_int(struct strbuf *key, int64_t value)
{
    strbuf_printf(key, "#%" PRId64 ",", value);
}

void key_add_map(struct strbuf *key, const struct text_map *map)
{
    key_add_int(key, (int64_t)map->len);
    for (size_t i = 0; i < map->len; i++) {
        key_add(key, map->items[i].key);
        key_add(key, map->items[i].value);
    }
}
