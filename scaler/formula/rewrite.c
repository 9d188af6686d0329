/* Rewrites of calls. Each pass is one loop over the nodes; the passes follow upstream's order where it shows.
 */
#include "scaler/formula/rewrite.h"

#include "scaler/formula/builtins.h"
#include "scaler/formula/ops.h"
#include "scaler/formula/types.h"
#include "scaler/formula/value.h"

static struct node *argument(const struct ast *ast, const struct node *call, uint32_t index)
{
    return &ast->nodes[ast_link(ast, call, index)];
}

static bool is_call(const struct node *node, enum builtin id)
{
    return node->kind == NODE_BUILTIN && node->op == id;
}

/* len(filter(…)) counts, first(filter(…)) and filter(…)[0] find. */
static void rewrite_filter(struct ast *ast, struct node *node)
{
    static const uint8_t becomes[BUILTIN_COUNT_OF] = {
        [BUILTIN_LEN] = BUILTIN_COUNT, [BUILTIN_FIRST] = BUILTIN_FIND, [BUILTIN_LAST] = BUILTIN_FIND_LAST};
    if (node->kind == NODE_BUILTIN && becomes[node->op]) {
        const struct node *inner = argument(ast, node, 0);
        if (!is_call(inner, BUILTIN_FILTER))
            return;
        node->op = becomes[node->op];
        node->list.start = inner->list.start;
        node->list.len = inner->list.len;
        node->a = 0;
        node->optional = false;
    } else if (node->kind == NODE_MEMBER && !node->optional) {
        const struct node *inner = &ast->nodes[node->a], *index = &ast->nodes[node->b];
        if (!is_call(inner, BUILTIN_FILTER) || index->kind != NODE_INT || (index->i != 0 && index->i != -1))
            return;
        node->kind = NODE_BUILTIN;
        node->op = index->i ? BUILTIN_FIND_LAST : BUILTIN_FIND;
        node->list.start = inner->list.start;
        node->list.len = inner->list.len;
        node->a = 0;
        node->optional = true; /* not finding any is an error */
    }
}

/* m..n of constants with n ≥ m: how many, and their sum. */
static bool constant_range(const struct ast *ast, const struct node *range, int64_t *ret_count,
                           int64_t *ret_sum)
{
    const struct node *from = &ast->nodes[range->a], *to = &ast->nodes[range->b];
    if (range->kind != NODE_BINARY || range->op != OP_RANGE || from->kind != NODE_INT ||
        to->kind != NODE_INT || to->i < from->i)
        return false;
    *ret_count = wrap_add(wrap_sub(to->i, from->i), 1);
    int64_t product = wrap_mul(*ret_count, wrap_add(from->i, to->i));
    *ret_sum = product / 2;
    return true;
}

static bool is_pointer(const struct node *node, enum pointer_name name)
{
    return node->kind == NODE_POINTER && node->op == name;
}

/* The sum over a range of #, # + k, # - k, k - # or # * k. */
static bool closed_sum(const struct ast *ast, const struct node *body, int64_t count, int64_t *sum)
{
    if (is_pointer(body, POINTER_ELEMENT))
        return true;
    if (body->kind != NODE_BINARY)
        return false;
    const struct node *a = &ast->nodes[body->a], *b = &ast->nodes[body->b];
    bool left = is_pointer(a, POINTER_ELEMENT);
    const struct node *k = left ? b : a;
    if (k->kind != NODE_INT || !(left || is_pointer(b, POINTER_ELEMENT)))
        return false;
    if (body->op == OP_MUL)
        *sum = wrap_mul(k->i, *sum);
    else if (body->op == OP_ADD)
        *sum = wrap_add(*sum, wrap_mul(count, k->i));
    else if (body->op == OP_SUB)
        *sum = left ? wrap_sub(*sum, wrap_mul(count, k->i)) : wrap_sub(wrap_mul(count, k->i), *sum);
    else
        return false;
    return true;
}

static void become_int(struct node *node, int64_t value)
{
    node->kind = NODE_INT;
    node->type = TYPE_INT;
    node->i = value;
}

static void rewrite_sum_range(struct ast *ast, struct node *node)
{
    int64_t count, sum;
    if (!constant_range(ast, argument(ast, node, 0), &count, &sum))
        return;
    if (node->list.len == 2 && !closed_sum(ast, &ast->nodes[argument(ast, node, 1)->a], count, &sum))
        return;
    become_int(node, sum);
}

static void rewrite_reduce_range(struct ast *ast, struct node *node)
{
    int64_t count, sum;
    const struct node *body = &ast->nodes[argument(ast, node, 1)->a];
    const struct node *a = &ast->nodes[body->a], *b = &ast->nodes[body->b];
    bool adds = body->kind == NODE_BINARY && body->op == OP_ADD &&
                ((is_pointer(a, POINTER_ELEMENT) && is_pointer(b, POINTER_ACC)) ||
                 (is_pointer(a, POINTER_ACC) && is_pointer(b, POINTER_ELEMENT)));
    if (!adds || !constant_range(ast, argument(ast, node, 0), &count, &sum))
        return;
    if (node->list.len == 2)
        become_int(node, sum);
    else if (argument(ast, node, 2)->kind == NODE_INT)
        become_int(node, wrap_add(argument(ast, node, 2)->i, sum));
}

/* sum([a, b, c]) is a + (b + c); an array of literals stays one. */
static void rewrite_sum_array(struct ast *ast, uint32_t index)
{
    struct node *node = &ast->nodes[index];
    const struct node array = *argument(ast, node, 0);
    if (node->list.len != 1 || array.kind != NODE_ARRAY || array.a || array.list.len < 2)
        return;
    uint32_t right = ast_link(ast, &array, array.list.len - 1);
    struct node add = {.kind = NODE_BINARY, .op = OP_ADD, .place = node->place, .type = node->type};
    for (uint32_t i = array.list.len - 1; i-- > 1;) {
        add.a = ast_link(ast, &array, i);
        add.b = right;
        right = ast_add_uncounted(ast, add);
    }
    add.a = ast_link(ast, &array, 0);
    add.b = right;
    ast->nodes[index] = add;
}

static void rewrite_sum_map(struct ast *ast, struct node *node)
{
    const struct node *map = argument(ast, node, 0);
    if (node->list.len != 1 || !is_call(map, BUILTIN_MAP))
        return;
    node->list.start = map->list.start;
    node->list.len = 2;
}

static uint32_t add_comparison(struct ast *ast, enum op op, uint32_t place, uint32_t a, uint32_t b)
{
    return ast_add_uncounted(
        ast, (struct node){
                 .kind = NODE_BINARY, .op = (uint8_t)op, .place = place, .type = TYPE_BOOL, .a = a, .b = b});
}

/* An int in m..n of constants is two comparisons: no array is made. */
static void rewrite_in(struct ast *ast, uint32_t index)
{
    struct node node = ast->nodes[index];
    const struct node range = ast->nodes[node.b];
    if (node.kind != NODE_BINARY || node.op != OP_IN || ast->nodes[node.a].type != TYPE_INT ||
        range.kind != NODE_BINARY || range.op != OP_RANGE || ast->nodes[range.a].kind != NODE_INT ||
        ast->nodes[range.b].kind != NODE_INT)
        return;
    struct node kept = {
        .kind = NODE_TEE, .place = node.place, .type = TYPE_INT, .a = node.a, .i = ast->slots++};
    uint32_t tee = ast_add_uncounted(ast, kept);
    kept.kind = NODE_VAR;
    uint32_t again = ast_add_uncounted(ast, kept);
    node.a = add_comparison(ast, OP_GE, node.place, tee, range.a);
    node.b = add_comparison(ast, OP_LE, node.place, again, range.b);
    node.op = OP_AND;
    ast->nodes[index] = node;
}

static void rewrite_call(struct ast *ast, uint32_t index)
{
    rewrite_in(ast, index);
    if (is_call(&ast->nodes[index], BUILTIN_SUM))
        rewrite_sum_range(ast, &ast->nodes[index]);
    if (is_call(&ast->nodes[index], BUILTIN_SUM))
        rewrite_sum_array(ast, index);
    if (is_call(&ast->nodes[index], BUILTIN_SUM))
        rewrite_sum_map(ast, &ast->nodes[index]);
    if (is_call(&ast->nodes[index], BUILTIN_REDUCE))
        rewrite_reduce_range(ast, &ast->nodes[index]);
}

/* count(…) compared with a constant stops as soon as the answer is known. */
static void rewrite_count(struct ast *ast, struct node *node)
{
    struct node *count = &ast->nodes[node->a];
    const struct node *limit = &ast->nodes[node->b];
    if (node->kind != NODE_BINARY || !is_call(count, BUILTIN_COUNT) || count->list.len != 2 ||
        limit->kind != NODE_INT || limit->i < 0 || limit->i >= INT32_MAX)
        return;
    bool beyond = node->op == OP_GT || node->op == OP_LE, exact = node->op == OP_GE || node->op == OP_LT;
    int64_t enough = limit->i + beyond;
    if ((node->op == OP_GT && limit->i == 0) || (node->op == OP_GE && limit->i == 1)) {
        uint32_t start = count->list.start;
        node->kind = NODE_BUILTIN;
        node->op = BUILTIN_ANY;
        node->a = 0;
        node->optional = false;
        node->list.start = start;
        node->list.len = 2;
    } else if ((beyond || exact) && enough > 1) {
        count->a = (uint32_t)enough;
    }
}

bool rewrite_formula(struct ast *ast, struct fault *fault)
{
    uint32_t len = ast->len; /* what the passes add needs none of them */
    for (uint32_t i = 1; i < len; i++)
        if (!fold_node(ast, i, fault))
            return false;
    for (uint32_t i = 1; i < len; i++)
        rewrite_filter(ast, &ast->nodes[i]);
    for (uint32_t i = 1; i < len; i++)
        rewrite_call(ast, i);
    for (uint32_t i = 1; i < len; i++)
        rewrite_count(ast, &ast->nodes[i]);
    return true;
}
