/* Owns JSON patch: pointers and the six operations. */
#include <string.h>

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "scaler/base/number.h"
#include "scaler/base/strbuf.h"
#include "scaler/base/text.h"
#include "tests/sandbox/patch.h"

#define OPERATIONS_MAX 10000
/* Copies of copies double: a few dozen would fill the memory. */
#define COPIES_MAX 64
#define RESULT_MAX ((size_t)8 << 20)

/* "~1" is "/", "~0" is "~". */
static char *unescape_token(const char *text, size_t len)
{
    struct strbuf out;
    strbuf_init(&out);
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '~' && i + 1 < len)
            strbuf_append_c(&out, text[++i] == '1' ? '/' : '~');
        else
            strbuf_append_c(&out, text[i]);
    }
    return out.len ? strbuf_take(&out) : mem_strdup("");
}

/* -1: not an index of list. at_end: "-" and the length itself are welcome. */
static int64_t index_of(json_t *list, const char *token, bool at_end)
{
    int64_t size = (int64_t)json_array_size(list), index;
    if (at_end && strcmp(token, "-") == 0)
        return size;
    if (number_parse_json_int(token, 0, at_end ? size : size - 1, &index, NULL) != 0)
        return -1;
    return index;
}

static json_t *member_of(json_t *parent, const char *token)
{
    if (json_is_array(parent)) {
        int64_t index = index_of(parent, token, false);
        return index < 0 ? NULL : json_array_get(parent, (size_t)index);
    }
    return json_object_get(parent, token);
}

/* Walks to the container of the last token, which is given out as a new string. NULL: no such place. */
static json_t *walk(json_t *root, const char *pointer, char **ret_last)
{
    json_t *at = root;
    for (;;) {
        if (*pointer != '/')
            return NULL;
        size_t len = strcspn(++pointer, "/");
        char *token = unescape_token(pointer, len);
        if (!pointer[len]) {
            *ret_last = token;
            return at;
        }
        at = member_of(at, token);
        mem_free(token);
        pointer += len;
        if (!at)
            return NULL;
    }
}

static json_t *look_up(json_t *root, const char *pointer)
{
    AUTO_FREE char *last = NULL;
    if (!*pointer)
        return root;
    json_t *parent = walk(root, pointer, &last);
    return parent ? member_of(parent, last) : NULL;
}

static int do_add(json_t **root, const char *pointer, json_t *value)
{
    AUTO_FREE char *last = NULL;
    if (!*pointer) {
        json_t *old = *root;
        *root = json_deep_copy(value);
        json_decref(old);
        return 0;
    }
    json_t *parent = walk(*root, pointer, &last);
    if (json_is_object(parent))
        return json_object_set_new(parent, last, json_deep_copy(value));
    int64_t index = json_is_array(parent) ? index_of(parent, last, true) : -1;
    return index < 0 ? -1 : json_array_insert_new(parent, (size_t)index, json_deep_copy(value));
}

static int do_remove(json_t *root, const char *pointer)
{
    AUTO_FREE char *last = NULL;
    json_t *parent = walk(root, pointer, &last);
    if (json_is_object(parent))
        return json_object_del(parent, last);
    int64_t index = json_is_array(parent) ? index_of(parent, last, false) : -1;
    return index < 0 ? -1 : json_array_remove(parent, (size_t)index);
}

/* An absent member may be replaced: the library in the real server allows it, and Scale leaves out
 * spec.replicas at 0. */
static int do_replace(json_t **root, const char *pointer, json_t *value)
{
    AUTO_FREE char *last = NULL;
    json_t *parent = *pointer ? walk(*root, pointer, &last) : NULL;
    if (json_is_array(parent) && do_remove(*root, pointer) != 0)
        return -1;
    return do_add(root, pointer, value);
}

static int do_move(json_t **root, const char *from, const char *pointer, bool keep)
{
    AUTO_JSON json_t *value = json_deep_copy(look_up(*root, from));
    size_t len = strlen(from);
    bool into_itself = strncmp(pointer, from, len) == 0 && pointer[len] == '/';
    if (!value || (!keep && (into_itself || do_remove(*root, from) != 0)))
        return -1;
    return do_add(root, pointer, value);
}

static int run(json_t **root, json_t *operation, struct err *err)
{
    const char *op = json_str(operation, "op"), *path = json_str(operation, "path");
    const char *from = json_str(operation, "from");
    json_t *value = json_object_get(operation, "value");
    int status = -1;
    if (!op || !path)
        return err_set(err, ERR_PROTOCOL, "a JSON patch operation needs op and path");
    if (strcmp(op, "add") == 0 && value)
        status = do_add(root, path, value);
    else if (strcmp(op, "remove") == 0)
        status = do_remove(*root, path);
    else if (strcmp(op, "replace") == 0 && value)
        status = do_replace(root, path, value);
    else if ((strcmp(op, "move") == 0 || strcmp(op, "copy") == 0) && from)
        status = do_move(root, from, path, *op == 'c');
    else if (strcmp(op, "test") == 0)
        status = json_equal(look_up(*root, path), value) ? 0 : -1;
    else
        return err_set(err, ERR_PROTOCOL, "malformed JSON patch operation");
    return status ? err_set(err, ERR_INVALID, "JSON patch: %s failed", op) : 0;
}

int patch_json(json_t **root, json_t *operations, struct err *err)
{
    size_t i, copies = 0;
    json_t *operation;
    if (!json_is_array(operations) || json_array_size(operations) > OPERATIONS_MAX)
        return err_set(err, ERR_PROTOCOL, "a JSON patch is a list of at most %d operations", OPERATIONS_MAX);
    json_array_foreach (operations, i, operation) {
        int code = run(root, operation, err);
        if (code)
            return code;
        if (text_eq(json_str(operation, "op"), "copy") &&
            (++copies > COPIES_MAX ||
             json_dumpb(*root, NULL, 0, JSON_COMPACT | JSON_ENCODE_ANY) > RESULT_MAX))
            return err_set(err, ERR_INVALID, "JSON patch: copies add up to too much");
    }
    return 0;
}
