/* Types of calls: what each builtin takes and gives. */
#include "scaler/formula/builtins.h"
#include "scaler/formula/check.h"
#include "scaler/formula/methods.h"
#include "scaler/formula/signature.h"

enum { GIVES_FIRST = 1u << 20, GIVES_STRINGS }; /* the type of the first argument; an array of strings */

static const struct {
    const char *takes;
    uint32_t gives;
} rows[BUILTIN_COUNT_OF] = {
    [BUILTIN_LEN] = {"L", TYPE_INT},
    [BUILTIN_TYPE] = {"*", TYPE_STRING},
    [BUILTIN_ABS] = {"n", GIVES_FIRST},
    [BUILTIN_CEIL] = {"n", TYPE_FLOAT},
    [BUILTIN_FLOOR] = {"n", TYPE_FLOAT},
    [BUILTIN_ROUND] = {"n", TYPE_FLOAT},
    [BUILTIN_INT] = {"N", TYPE_INT},
    [BUILTIN_FLOAT] = {"N", TYPE_FLOAT},
    [BUILTIN_STRING] = {"*", TYPE_STRING},
    [BUILTIN_MAX] = {"x+", GIVES_FIRST},
    [BUILTIN_MIN] = {"x+", GIVES_FIRST},
    [BUILTIN_MEAN] = {"x+", GIVES_FIRST},
    [BUILTIN_MEDIAN] = {"x+", GIVES_FIRST},
    [BUILTIN_BITAND] = {"ii", TYPE_INT},
    [BUILTIN_BITOR] = {"ii", TYPE_INT},
    [BUILTIN_BITXOR] = {"ii", TYPE_INT},
    [BUILTIN_BITNAND] = {"ii", TYPE_INT},
    [BUILTIN_BITSHL] = {"ii", TYPE_INT},
    [BUILTIN_BITSHR] = {"ii", TYPE_INT},
    [BUILTIN_BITUSHR] = {"ii", TYPE_INT},
    [BUILTIN_BITNOT] = {"i", TYPE_INT},
    [BUILTIN_FIRST] = {"a", TYPE_UNKNOWN},
    [BUILTIN_LAST] = {"a", TYPE_UNKNOWN},
    [BUILTIN_GET] = {"**", TYPE_UNKNOWN},
    [BUILTIN_TAKE] = {"ai", TYPE_ARRAY},
    [BUILTIN_KEYS] = {"m", TYPE_ARRAY},
    [BUILTIN_VALUES] = {"m", TYPE_ARRAY},
    [BUILTIN_TO_PAIRS] = {"m", TYPE_ARRAY},
    [BUILTIN_FROM_PAIRS] = {"a", TYPE_ANY_MAP},
    [BUILTIN_REVERSE] = {"a", TYPE_ARRAY},
    [BUILTIN_UNIQ] = {"a", TYPE_ARRAY},
    [BUILTIN_CONCAT] = {"a+", TYPE_ARRAY},
    [BUILTIN_FLATTEN] = {"a", TYPE_ARRAY},
    [BUILTIN_SORT] = {"a|s", TYPE_ARRAY},
    [BUILTIN_TRIM] = {"s|s", TYPE_STRING},
    [BUILTIN_TRIM_PREFIX] = {"s|s", TYPE_STRING},
    [BUILTIN_TRIM_SUFFIX] = {"s|s", TYPE_STRING},
    [BUILTIN_UPPER] = {"s", TYPE_STRING},
    [BUILTIN_LOWER] = {"s", TYPE_STRING},
    [BUILTIN_SPLIT] = {"ss|i", GIVES_STRINGS},
    [BUILTIN_SPLIT_AFTER] = {"ss|i", GIVES_STRINGS},
    [BUILTIN_REPLACE] = {"sss|i", TYPE_STRING},
    [BUILTIN_REPEAT] = {"si", TYPE_STRING},
    [BUILTIN_JOIN] = {"a|s", TYPE_STRING},
    [BUILTIN_INDEX_OF] = {"ss", TYPE_INT},
    [BUILTIN_LAST_INDEX_OF] = {"ss", TYPE_INT},
    [BUILTIN_HAS_PREFIX] = {"ss", TYPE_BOOL},
    [BUILTIN_HAS_SUFFIX] = {"ss", TYPE_BOOL},
    [BUILTIN_NOW] = {"|z", TYPE_TIME},
    [BUILTIN_DATE] = {"*|***", TYPE_TIME},
    [BUILTIN_DURATION] = {"s", TYPE_DURATION},
    [BUILTIN_TIMEZONE] = {"s", TYPE_ZONE},
};

/* count: of arguments given. */
static bool check_count(struct checker *checker, uint32_t place, const char *name, const char *takes,
                        size_t count)
{
    size_t min, max;
    signature_count(takes, &min, &max);
    if (count >= min && count <= max)
        return true;
    return fault_at(checker->fault, ERR_CONFIG, place, "%s takes %s%zu argument%s, not %zu", name,
                    min == max    ? ""
                    : count < min ? "at least "
                                  : "at most ",
                    count < min ? min : max, (count < min ? min : max) == 1 ? "" : "s", count);
}

static bool check_arguments(struct checker *checker, const struct node *node, const char *name,
                            const char *takes)
{
    if (!check_count(checker, node->place, name, takes, node->list.len))
        return false;
    for (uint32_t i = 0; i < node->list.len; i++) {
        uint32_t argument = ast_link(checker->ast, node, i), type = check_type(checker, argument);
        char letter = signature_letter(takes, i);
        if (type != TYPE_UNKNOWN && !signature_accepts(letter, type))
            return fault_at(checker->fault, ERR_CONFIG,
                            letter == 'N' ? node->place : checker->ast->nodes[argument].place,
                            "%s needs %s here, not %s", name, signature_words(letter), types_name(type));
        /* As upstream: behind the first array nothing is looked at before it runs. */
        if (letter == 'x' && (type == TYPE_UNKNOWN || type_is_array(type)))
            return true;
    }
    return true;
}

static bool is_array_call(const struct checker *checker, const struct node *node)
{
    for (uint32_t i = 0; i < node->list.len; i++) {
        uint32_t type = check_type(checker, ast_link(checker->ast, node, i));
        if (type == TYPE_UNKNOWN || type_is_array(type))
            return true;
    }
    return false;
}

static bool check_get(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t base = check_type(checker, ast_link(checker->ast, node, 0)),
             key = check_type(checker, ast_link(checker->ast, node, 1));
    *ret = types_element(&checker->types, base);
    if (base == TYPE_UNKNOWN || base == TYPE_ANY_MAP || base == TYPE_GROUPS)
        return true;
    if (key == TYPE_UNKNOWN && (type_is_array(base) || base == TYPE_MAP))
        return true;
    if ((type_is_array(base) && key == TYPE_INT) || (base == TYPE_MAP && key == TYPE_STRING))
        return true;
    return fault_at(checker->fault, ERR_CONFIG, node->place, "get does not work with %s and %s",
                    types_name(base), types_name(key));
}

bool check_builtin(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t gives = rows[node->op].gives;
    if (!check_arguments(checker, node, builtin_rows[node->op].name, rows[node->op].takes))
        return false;
    *ret = gives;
    if (gives == GIVES_STRINGS)
        *ret = types_array_of(&checker->types, TYPE_STRING);
    if (gives == GIVES_FIRST)
        *ret = is_array_call(checker, node) ? (uint32_t)TYPE_UNKNOWN
                                            : check_type(checker, ast_link(checker->ast, node, 0));
    return node->op != BUILTIN_GET || check_get(checker, node, ret);
}

/* What the closure gives may not be nil, and for these must be a condition. */
static bool check_closure(struct checker *checker, const struct node *node, uint32_t closure)
{
    uint32_t type = check_type(checker, closure);
    bool any = node->op == BUILTIN_MAP || node->op == BUILTIN_SUM || node->op == BUILTIN_GROUP_BY ||
               node->op == BUILTIN_SORT_BY || node->op == BUILTIN_REDUCE;
    if (type == TYPE_UNKNOWN || type == TYPE_BOOL || (any && type != TYPE_NIL))
        return true;
    return fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[closure].place,
                    "%s needs %s for each element, not %s", builtin_rows[node->op].name,
                    any ? "a value" : "a condition", types_name(type));
}

static uint32_t closure_gives(struct checker *checker, const struct node *node, uint32_t collection,
                              uint32_t closure)
{
    uint32_t element = types_element(&checker->types, collection);
    switch ((enum builtin)node->op) {
    case BUILTIN_FILTER:
        return types_array_of(&checker->types, element);
    case BUILTIN_MAP:
        return types_array_of(&checker->types, closure);
    case BUILTIN_COUNT:
    case BUILTIN_FIND_INDEX:
    case BUILTIN_FIND_LAST_INDEX:
        return TYPE_INT;
    case BUILTIN_SUM:
        return node->list.len == 2 ? (type_is_array(closure) ? (uint32_t)TYPE_ARRAY : closure) : element;
    case BUILTIN_FIND:
    case BUILTIN_FIND_LAST:
        return element;
    case BUILTIN_GROUP_BY:
        return TYPE_GROUPS;
    case BUILTIN_SORT_BY:
        return collection;
    case BUILTIN_REDUCE:
        return closure;
    default:
        return TYPE_BOOL;
    }
}

bool check_closure_builtin(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t first = ast_link(checker->ast, node, 0), collection = check_type(checker, first);
    uint32_t closure = node->list.len > 1 ? ast_link(checker->ast, node, 1) : 0;
    if (collection != TYPE_UNKNOWN && !type_is_array(collection))
        return fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[first].place,
                        "%s walks through an array, not %s", builtin_rows[node->op].name,
                        types_name(collection));
    if (closure && !check_closure(checker, node, closure))
        return false;
    if (node->op == BUILTIN_SORT_BY && node->list.len == 3) {
        uint32_t order = check_type(checker, ast_link(checker->ast, node, 2));
        if (order != TYPE_STRING && order != TYPE_UNKNOWN)
            return fault_at(checker->fault, ERR_CONFIG, node->place,
                            "the order of sortBy is \"asc\" or \"desc\", not %s", types_name(order));
    }
    *ret = closure_gives(checker, node, collection, closure ? check_type(checker, closure) : TYPE_UNKNOWN);
    return true;
}

bool check_method(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t base = check_type(checker, node->a);
    const struct node *property = &checker->ast->nodes[node->b];
    const char *name = checker->ast->strings.data + property->text.start;
    int len = property->text.len > 80 ? 80 : (int)property->text.len;
    *ret = TYPE_UNKNOWN;
    if (base == TYPE_UNKNOWN)
        return method_named(name, property->text.len) ||
               fault_at(checker->fault, ERR_CONFIG, node->place, "there is no method %.*s", len, name);
    const struct method *method = method_find(base, name, property->text.len);
    if (!method)
        return fault_at(checker->fault,
                        method_refused(base, name, property->text.len) ? ERR_UNSUPPORTED : ERR_CONFIG,
                        node->place,
                        method_refused(base, name, property->text.len)
                            ? "the method %.*s of %s is not supported in formulas"
                            : "the method %.*s does not exist for %s",
                        len, name, types_name(base));
    *ret = method->gives;
    return check_arguments(checker, node, method->name, method->takes);
}
