/* Types: gives every node its type and refuses what can never work, by upstream's rules. */
#ifndef SCALER_FORMULA_CHECK_H
#define SCALER_FORMULA_CHECK_H

#include "scaler/formula/ast.h"
#include "scaler/formula/types.h"

bool check_formula(struct ast *ast, struct fault *fault);

/* The checker's own. */
struct checker {
    struct ast *ast;
    struct types types;
    struct fault *fault;
};

static inline uint32_t check_type(const struct checker *checker, uint32_t node)
{
    return checker->ast->nodes[node].type;
}

/* Each gives the node's type in *ret, or false and a fault. */
bool check_binary(struct checker *checker, const struct node *node, uint32_t *ret);
bool check_unary(struct checker *checker, const struct node *node, uint32_t *ret);
bool check_builtin(struct checker *checker, const struct node *node, uint32_t *ret);
bool check_closure_builtin(struct checker *checker, const struct node *node, uint32_t *ret);
bool check_method(struct checker *checker, const struct node *node, uint32_t *ret);

#endif
