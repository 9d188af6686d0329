/* Types: the rules by which two of them fit. */
#include "scaler/formula/types.h"

#include "scaler/base/mem.h"

static const char *const names[TYPE_COUNT] = {
    [TYPE_UNKNOWN] = "unknown", [TYPE_NIL] = "nil",         [TYPE_BOOL] = "bool",
    [TYPE_INT] = "int",         [TYPE_FLOAT] = "float",     [TYPE_STRING] = "string",
    [TYPE_ARRAY] = "array",     [TYPE_MAP] = "map",         [TYPE_ANY_MAP] = "map",
    [TYPE_GROUPS] = "map",      [TYPE_TIME] = "time",       [TYPE_DURATION] = "duration",
    [TYPE_ZONE] = "time zone",  [TYPE_WEEKDAY] = "weekday", [TYPE_MONTH] = "month",
};

void types_done(struct types *types)
{
    mem_free(types->elements);
}

uint32_t types_array_of(struct types *types, uint32_t element)
{
    if (element == TYPE_UNKNOWN)
        return TYPE_ARRAY;
    if (types->len == types->cap) {
        types->cap = types->cap ? 2 * types->cap : 16;
        types->elements = mem_realloc_array(types->elements, types->cap, sizeof(*types->elements));
    }
    types->elements[types->len] = element;
    return TYPE_COUNT + types->len++;
}

uint32_t types_element(const struct types *types, uint32_t type)
{
    if (type == TYPE_GROUPS)
        return TYPE_ARRAY;
    return type >= TYPE_COUNT ? types->elements[type - TYPE_COUNT] : TYPE_UNKNOWN;
}

const char *types_name(uint32_t type)
{
    return names[type < TYPE_COUNT ? type : TYPE_ARRAY];
}

int type_kind(uint32_t type)
{
    if (type == TYPE_WEEKDAY || type == TYPE_MONTH)
        return TYPE_INT;
    if (type == TYPE_NIL)
        return TYPE_UNKNOWN;
    return type_is_map(type) ? TYPE_MAP : type_is_array(type) ? TYPE_ARRAY : (int)type;
}

bool type_assignable(uint32_t from, uint32_t to)
{
    if (from == TYPE_NIL)
        return type_is_array(to) || type_is_map(to) || to == TYPE_ZONE;
    if (from == TYPE_UNKNOWN || to == TYPE_UNKNOWN || to == TYPE_NIL)
        return false;
    return from == to || (type_is_array(from) && type_is_array(to));
}

bool type_comparable(uint32_t a, uint32_t b)
{
    if (a == TYPE_UNKNOWN || b == TYPE_UNKNOWN || a == TYPE_NIL || b == TYPE_NIL)
        return true;
    return (type_is_number(a) && type_is_number(b)) || type_assignable(a, b);
}
