/* Constants are computed once, at compile time. */
#include <string.h>

#include "scaler/formula/ops.h"
#include "scaler/formula/rewrite.h"
#include "scaler/formula/types.h"
#include "scaler/formula/value.h"

static bool is_number(const struct node *node)
{
    return node->kind == NODE_INT || node->kind == NODE_FLOAT;
}

static double as_double(const struct node *node)
{
    return node->kind == NODE_INT ? (double)node->i : node->f;
}

static void become_int(struct node *node, int64_t i)
{
    node->kind = NODE_INT;
    node->type = TYPE_INT;
    node->i = i;
}

static void become_float(struct node *node, double f)
{
    node->kind = NODE_FLOAT;
    node->type = TYPE_FLOAT;
    node->f = f;
}

static void become_bool(struct node *node, bool b)
{
    node->kind = NODE_BOOL;
    node->type = TYPE_BOOL;
    node->i = b;
}

static void fold_unary(struct ast *ast, struct node *node)
{
    const struct node *child = &ast->nodes[node->a];
    bool negative = node->op == OP_SUB;
    if ((negative || node->op == OP_ADD) && child->kind == NODE_INT)
        become_int(node, negative ? wrap_sub(0, child->i) : child->i);
    else if ((negative || node->op == OP_ADD) && child->kind == NODE_FLOAT)
        become_float(node, negative ? -child->f : child->f);
    else if (!negative && node->op != OP_ADD && child->kind == NODE_BOOL)
        become_bool(node, !child->i);
}

static int64_t compute_int(enum op op, int64_t a, int64_t b)
{
    return op == OP_ADD ? wrap_add(a, b) : op == OP_SUB ? wrap_sub(a, b) : wrap_mul(a, b);
}

static double compute_float(enum op op, double a, double b)
{
    switch (op) {
    case OP_ADD:
        return a + b;
    case OP_SUB:
        return a - b;
    case OP_MUL:
        return a * b;
    case OP_DIV:
        return a / b;
    default:
        return value_pow(a, b);
    }
}

static void fold_arithmetic(struct node *node, const struct node *a, const struct node *b)
{
    enum op op = (enum op)node->op;
    bool ints = a->kind == NODE_INT && b->kind == NODE_INT;
    if (ints && (op == OP_ADD || op == OP_SUB || op == OP_MUL))
        become_int(node, compute_int(op, a->i, b->i));
    else
        become_float(node, compute_float(op, as_double(a), as_double(b)));
}

static bool fold_remainder(struct node *node, const struct node *a, const struct node *b, struct fault *fault)
{
    if (a->kind != NODE_INT || b->kind != NODE_INT)
        return true;
    if (b->i == 0)
        return fault_at(fault, ERR_CONFIG, node->place, "division by zero");
    become_int(node, b->i == -1 ? 0 : a->i % b->i);
    return true;
}

/* true and x is x, x and false is false: x is not even looked at. `neutral` is true for `and`. */
static void fold_logic(struct node *node, const struct node *a, const struct node *b, bool neutral)
{
    bool left = a->kind == NODE_BOOL, right = b->kind == NODE_BOOL;
    if (left && (a->i != 0) == neutral)
        *node = *b;
    else if (right && (b->i != 0) == neutral)
        *node = *a;
    else if (left || right)
        become_bool(node, !neutral);
}

static void fold_concat(struct ast *ast, struct node *node)
{
    const struct node *a = &ast->nodes[node->a], *b = &ast->nodes[node->b];
    uint32_t start = (uint32_t)ast->strings.len;
    /* Reserved first: appending may move what is appended. */
    for (uint32_t i = 0; i < a->text.len; i++)
        strbuf_append_c(&ast->strings, ast->strings.data[a->text.start + i]);
    for (uint32_t i = 0; i < b->text.len; i++)
        strbuf_append_c(&ast->strings, ast->strings.data[b->text.start + i]);
    node->kind = NODE_STRING;
    node->type = TYPE_STRING;
    uint32_t len = a->text.len + b->text.len;
    node->text.start = start;
    node->text.len = len;
}

static void fold_equal(const struct ast *ast, struct node *node, const struct node *a, const struct node *b)
{
    if (a->kind != b->kind)
        return;
    if (a->kind == NODE_INT || a->kind == NODE_BOOL)
        become_bool(node, a->i == b->i);
    else if (a->kind == NODE_STRING)
        become_bool(node, a->text.len == b->text.len &&
                              memcmp(ast->strings.data + a->text.start, ast->strings.data + b->text.start,
                                     a->text.len) == 0);
}

static bool fold_binary(struct ast *ast, struct node *node, struct fault *fault)
{
    const struct node *a = &ast->nodes[node->a], *b = &ast->nodes[node->b];
    switch ((enum op)node->op) {
    case OP_ADD:
        if (a->kind == NODE_STRING && b->kind == NODE_STRING && ast->strings.len < FOLD_STRINGS_MAX)
            fold_concat(ast, node);
        /* fall through */
    case OP_SUB:
    case OP_MUL:
    case OP_DIV:
    case OP_POW:
    case OP_POW_STARS:
        if (node->kind == NODE_BINARY && is_number(a) && is_number(b))
            fold_arithmetic(node, a, b);
        return true;
    case OP_MOD:
        return fold_remainder(node, a, b, fault);
    case OP_AND:
    case OP_AND_WORD:
        fold_logic(node, a, b, true);
        return true;
    case OP_OR:
    case OP_OR_WORD:
        fold_logic(node, a, b, false);
        return true;
    case OP_EQ:
        fold_equal(ast, node, a, b);
        return true;
    default:
        return true;
    }
}

/* a of an array: nothing but literals are in it. */
static void fold_array(const struct ast *ast, struct node *node)
{
    node->a = node->list.len > 0;
    for (uint32_t i = 0; i < node->list.len; i++) {
        const struct node *item = &ast->nodes[ast_link(ast, node, i)];
        if (!is_number(item) && item->kind != NODE_STRING && item->kind != NODE_BOOL)
            node->a = 0;
    }
}

bool fold_node(struct ast *ast, uint32_t index, struct fault *fault)
{
    struct node *node = &ast->nodes[index];
    if (node->kind == NODE_UNARY)
        fold_unary(ast, node);
    else if (node->kind == NODE_BINARY)
        return fold_binary(ast, node, fault);
    else if (node->kind == NODE_ARRAY)
        fold_array(ast, node);
    return true;
}
