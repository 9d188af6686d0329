/* Owns the protobuf wire format and the envelope Kubernetes puts around objects. */
#include "tests/sandbox/proto.h"

#include <string.h>

#include "scaler/base/base64.h"
#include "scaler/base/json.h"
#include "scaler/base/mem.h"

enum wire { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5 };

struct reader {
    const unsigned char *at, *end;
};

/* One field as it stands on the wire. */
struct item {
    uint32_t number;
    enum wire wire;
    uint64_t value;      /* a varint's */
    struct reader bytes; /* a length-delimited one's */
};

static struct reader reader_of(const char *bytes, size_t len)
{
    return (struct reader){(const unsigned char *)bytes, (const unsigned char *)bytes + len};
}

static bool read_varint(struct reader *in, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && in->at < in->end; shift += 7) {
        unsigned char byte = *in->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return *ret = value, true;
    }
    return false;
}

/* Groups and fixed numbers do not occur in what we read. */
static bool read_item(struct reader *in, struct item *ret)
{
    uint64_t key, len;
    if (!read_varint(in, &key) || key >> 3 > UINT32_MAX)
        return false;
    *ret = (struct item){.number = (uint32_t)(key >> 3), .wire = (enum wire)(key & 7)};
    if (ret->wire == WIRE_VARINT)
        return read_varint(in, &ret->value);
    if (ret->wire != WIRE_BYTES || !read_varint(in, &len) || len > (uint64_t)(in->end - in->at))
        return false;
    ret->bytes = (struct reader){in->at, in->at + len};
    in->at += len;
    return true;
}

static bool is_blank(const struct item *item)
{
    return item->wire == WIRE_VARINT ? item->value == 0 : item->bytes.at == item->bytes.end;
}

static json_t *text_of(struct reader bytes)
{
    return json_stringn((const char *)bytes.at, (size_t)(bytes.end - bytes.at));
}

/* The field with this number in a small message; empty if absent. */
static bool find_bytes(struct reader in, uint32_t number, struct reader *ret)
{
    struct item item;
    *ret = (struct reader){in.end, in.end};
    while (in.at < in.end) {
        if (!read_item(&in, &item))
            return false;
        if (item.number == number && item.wire == WIRE_BYTES)
            *ret = item.bytes;
    }
    return true;
}

/* One entry of a map: {1: key, 2: value}. */
static int decode_entry(struct reader in, bool binary, json_t *map)
{
    struct reader key_bytes, value_bytes;
    if (!find_bytes(in, 1, &key_bytes) || !find_bytes(in, 2, &value_bytes))
        return -1;
    AUTO_JSON json_t *key = text_of(key_bytes);
    AUTO_FREE char *encoded =
        binary ? base64_encode((const char *)value_bytes.at, (size_t)(value_bytes.end - value_bytes.at))
               : NULL;
    json_t *value = binary ? json_string(encoded) : text_of(value_bytes);
    if (key && value && strlen(json_string_value(key)) == json_string_length(key))
        return json_object_set_new(map, json_string_value(key), value);
    json_decref(value);
    return -1;
}

static int decode_message(const struct proto_message *message, struct reader in, json_t *object,
                          struct err *err);

static json_t *decode_value(const struct proto_field *field, const struct item *item, struct err *err)
{
    struct reader text;
    switch (field->type) {
    case PROTO_TEXT:
        return text_of(item->bytes);
    case PROTO_QUANTITY:
        return find_bytes(item->bytes, 1, &text) ? text_of(text) : NULL;
    case PROTO_BOOL:
        return json_boolean(item->value != 0);
    case PROTO_INT:
    case PROTO_INT_PTR:
        return json_integer((json_int_t)(int64_t)item->value);
    default:
        break;
    }
    json_t *object = json_object();
    if (decode_message(field->message, item->bytes, object, err) == 0)
        return object;
    json_decref(object);
    return NULL;
}

static int put_value(const struct proto_field *field, const struct item *item, json_t *object,
                     struct err *err)
{
    json_t *value = decode_value(field, item, err);
    if (!value)
        return -1;
    if (field->repeated) {
        if (!json_object_get(object, field->key))
            json_object_set_new(object, field->key, json_array());
        return json_array_append_new(json_object_get(object, field->key), value);
    }
    bool empty = json_is_object(value) && json_object_size(value) == 0;
    if (empty)
        json_decref(value);
    return empty ? 0 : json_object_set_new(object, field->key, value);
}

static int decode_field(const struct proto_field *field, const struct item *item, json_t *object,
                        struct err *err)
{
    bool number = field->type == PROTO_INT || field->type == PROTO_INT_PTR || field->type == PROTO_BOOL;
    if (field->type == PROTO_SKIP)
        return 0;
    if (number != (item->wire == WIRE_VARINT))
        return -1;
    if (field->type == PROTO_TEXT_MAP || field->type == PROTO_BYTES_MAP) {
        if (!json_object_get(object, field->key))
            json_object_set_new(object, field->key, json_object());
        return decode_entry(item->bytes, field->type == PROTO_BYTES_MAP, json_object_get(object, field->key));
    }
    if (is_blank(item) && field->type != PROTO_INT_PTR && !field->repeated)
        return 0;
    return put_value(field, item, object, err);
}

static const struct proto_field *find_field(const struct proto_message *message, uint32_t number)
{
    for (size_t i = 0; i < message->count; i++)
        if (message->fields[i].number == number)
            return &message->fields[i];
    return NULL;
}

static int decode_message(const struct proto_message *message, struct reader in, json_t *object,
                          struct err *err)
{
    struct item item;
    while (in.at < in.end) {
        if (!read_item(&in, &item))
            return err_set(err, ERR_INVALID, "broken protobuf");
        const struct proto_field *field = find_field(message, item.number);
        if (!field && !is_blank(&item))
            return err_set(err, ERR_UNSUPPORTED,
                           "the sandbox does not know protobuf field %u of this kind; send JSON",
                           item.number);
        if (field && decode_field(field, &item, object, err) != 0)
            return err->code ? err->code : err_set(err, ERR_INVALID, "broken protobuf");
    }
    return 0;
}

static int decode_object(struct reader type, struct reader raw, json_t **ret, struct err *err)
{
    struct reader version_bytes, kind_bytes;
    if (!find_bytes(type, 1, &version_bytes) || !find_bytes(type, 2, &kind_bytes))
        return err_set(err, ERR_INVALID, "broken protobuf envelope");
    AUTO_JSON json_t *version = text_of(version_bytes);
    AUTO_JSON json_t *kind = text_of(kind_bytes);
    const struct proto_message *message =
        version && kind ? proto_find(json_string_value(version), json_string_value(kind)) : NULL;
    if (!message)
        return err_set(err, ERR_UNSUPPORTED, "the sandbox does not know this kind in protobuf; send JSON");
    AUTO_JSON json_t *object = json_object();
    json_object_set(object, "kind", kind);
    json_object_set(object, "apiVersion", version);
    int code = decode_message(message, raw, object, err);
    if (code == 0)
        *ret = json_incref(object);
    return code;
}

/* "k8s" NUL, then {1: {1: apiVersion, 2: kind}, 2: the object}. */
int proto_decode(const char *bytes, size_t len, json_t **ret, struct err *err)
{
    static const char magic[4] = {'k', '8', 's', '\0'};
    struct reader type, raw;
    err->code = 0;
    if (len < sizeof(magic) || memcmp(bytes, magic, sizeof(magic)) != 0)
        return err_set(err, ERR_INVALID, "the body is not Kubernetes protobuf");
    struct reader in = reader_of(bytes + sizeof(magic), len - sizeof(magic));
    if (!find_bytes(in, 1, &type) || !find_bytes(in, 2, &raw))
        return err_set(err, ERR_INVALID, "broken protobuf envelope");
    return decode_object(type, raw, ret, err);
}
