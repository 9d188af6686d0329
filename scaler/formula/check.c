/* The checker: one pass over the nodes, children first. */
#include "scaler/formula/check.h"

#include "scaler/base/mem.h"
#include "scaler/formula/builtins.h"
#include "scaler/formula/methods.h"

typedef bool (*check_fn)(struct checker *checker, const struct node *node, uint32_t *ret);

static bool check_nil(struct checker *checker, const struct node *node, uint32_t *ret)
{
    (void)checker;
    (void)node;
    *ret = TYPE_NIL;
    return true;
}

static bool check_literal(struct checker *checker, const struct node *node, uint32_t *ret)
{
    static const uint32_t types[NODE_KIND_COUNT] = {
        [NODE_BOOL] = TYPE_BOOL,     [NODE_INT] = TYPE_INT,     [NODE_FLOAT] = TYPE_FLOAT,
        [NODE_STRING] = TYPE_STRING, [NODE_INPUT] = TYPE_FLOAT, [NODE_ENV] = TYPE_UNKNOWN,
        [NODE_MAP] = TYPE_MAP};
    (void)checker;
    *ret = types[node->kind];
    return true;
}

static bool check_same_as_child(struct checker *checker, const struct node *node, uint32_t *ret)
{
    *ret = check_type(checker, node->a);
    return true;
}

static bool check_let(struct checker *checker, const struct node *node, uint32_t *ret)
{
    *ret = check_type(checker, node->b);
    return true;
}

static bool check_conditional(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t condition = check_type(checker, node->a), yes = check_type(checker, node->b),
             no = check_type(checker, node->c);
    if (condition != TYPE_BOOL && condition != TYPE_UNKNOWN)
        return fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[node->a].place,
                        "a condition is needed here, not %s: compare it with something",
                        types_name(condition));
    if (yes == TYPE_NIL || no == TYPE_NIL)
        *ret = yes == TYPE_NIL ? no : yes;
    else if (!type_assignable(yes, no))
        *ret = TYPE_UNKNOWN;
    else if (type_is_array(yes) &&
             !type_assignable(types_element(&checker->types, yes), types_element(&checker->types, no)))
        *ret = TYPE_ARRAY;
    else
        *ret = yes;
    return true;
}

static bool check_sequence(struct checker *checker, const struct node *node, uint32_t *ret)
{
    *ret = check_type(checker, ast_link(checker->ast, node, node->list.len - 1));
    return true;
}

static bool check_array(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t last = TYPE_UNKNOWN;
    bool same = true;
    for (uint32_t i = 0; i < node->list.len; i++) {
        uint32_t type = check_type(checker, ast_link(checker->ast, node, i));
        same = same && (i == 0 || type_kind(type) == type_kind(last));
        last = type;
    }
    *ret = same ? types_array_of(&checker->types, last) : TYPE_ARRAY;
    return true;
}

static bool no_member(struct checker *checker, const struct node *node, uint32_t base)
{
    const struct node *property = &checker->ast->nodes[node->b];
    if (property->kind != NODE_STRING)
        return fault_at(checker->fault, ERR_CONFIG, node->place, "%s cannot be indexed", types_name(base));
    const char *name = checker->ast->strings.data + property->text.start;
    int len = property->text.len > 80 ? 80 : (int)property->text.len;
    if (method_exists(base, name, property->text.len))
        return fault_at(checker->fault, ERR_CONFIG, node->place, "%.*s is a method: call it with ( )", len,
                        name);
    return fault_at(checker->fault, ERR_CONFIG, node->place, "%s has no field %.*s", types_name(base), len,
                    name);
}

static bool check_member(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t base = check_type(checker, node->a), index = check_type(checker, node->b);
    bool unknown = index == TYPE_UNKNOWN;
    *ret = types_element(&checker->types, base);
    if (base == TYPE_UNKNOWN || base == TYPE_ANY_MAP || base == TYPE_GROUPS)
        return true;
    if (base == TYPE_MAP)
        return unknown || index == TYPE_STRING ||
               fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[node->b].place,
                        "a map's key is a string, not %s", types_name(index));
    if (type_is_array(base))
        return unknown || index == TYPE_INT ||
               fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[node->b].place,
                        "an array's index is an int, not %s: write int(…)", types_name(index));
    return no_member(checker, node, base);
}

static bool check_bound(struct checker *checker, uint32_t bound)
{
    uint32_t type = bound ? check_type(checker, bound) : TYPE_UNKNOWN;
    return type == TYPE_UNKNOWN || type == TYPE_INT ||
           fault_at(checker->fault, ERR_CONFIG, checker->ast->nodes[bound].place,
                    "the bounds of a slice are ints, not %s: write int(…)", types_name(type));
}

static bool check_slice(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t base = check_type(checker, node->a);
    *ret = base;
    if (base == TYPE_UNKNOWN)
        return true;
    if (base != TYPE_STRING && !type_is_array(base))
        return fault_at(checker->fault, ERR_CONFIG, node->place, "%s cannot be sliced", types_name(base));
    return check_bound(checker, node->b) && check_bound(checker, node->c);
}

static bool check_pointer(struct checker *checker, const struct node *node, uint32_t *ret)
{
    bool reduce = node->c == BUILTIN_REDUCE;
    *ret = node->op == POINTER_ELEMENT ? types_element(&checker->types, check_type(checker, node->a))
           : node->op == POINTER_INDEX ? (uint32_t)TYPE_INT
                                       : (uint32_t)TYPE_UNKNOWN;
    if (node->op == POINTER_INDEX && !reduce && node->c != BUILTIN_MAP)
        return fault_at(checker->fault, ERR_CONFIG, node->place, "#index is known in map and reduce only");
    if (node->op == POINTER_ACC && !reduce)
        return fault_at(checker->fault, ERR_CONFIG, node->place, "#acc is known in reduce only");
    return true;
}

static bool check_call(struct checker *checker, const struct node *node, uint32_t *ret)
{
    return builtin_rows[node->op].closure_args ? check_closure_builtin(checker, node, ret)
                                               : check_builtin(checker, node, ret);
}

static const check_fn checks[NODE_KIND_COUNT] = {
    [NODE_NONE] = check_nil,
    [NODE_NIL] = check_nil,
    [NODE_BOOL] = check_literal,
    [NODE_INT] = check_literal,
    [NODE_FLOAT] = check_literal,
    [NODE_STRING] = check_literal,
    [NODE_INPUT] = check_literal,
    [NODE_ENV] = check_literal,
    [NODE_VAR] = check_same_as_child,
    [NODE_TEE] = check_same_as_child,
    [NODE_UNARY] = check_unary,
    [NODE_BINARY] = check_binary,
    [NODE_CONDITIONAL] = check_conditional,
    [NODE_LET] = check_let,
    [NODE_SEQUENCE] = check_sequence,
    [NODE_ARRAY] = check_array,
    [NODE_MAP] = check_literal,
    [NODE_MEMBER] = check_member,
    [NODE_SLICE] = check_slice,
    [NODE_CHAIN] = check_same_as_child,
    [NODE_METHOD] = check_method,
    [NODE_BUILTIN] = check_call,
    [NODE_PREDICATE] = check_same_as_child,
    [NODE_POINTER] = check_pointer,
};

bool check_formula(struct ast *ast, struct fault *fault)
{
    struct checker checker = {.ast = ast, .fault = fault};
    bool ok = true;
    for (uint32_t i = 1; i < ast->len && ok; i++) {
        uint32_t type = TYPE_UNKNOWN;
        ok = checks[ast->nodes[i].kind](&checker, &ast->nodes[i], &type);
        ast->nodes[i].type = type;
    }
    types_done(&checker.types);
    return ok;
}
