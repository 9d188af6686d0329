/* The syntax tree: nodes in one array, children always before their parents. So every later stage is a loop
 * over the array, and no formula is too deep for it. */
#ifndef SCALER_FORMULA_AST_H
#define SCALER_FORMULA_AST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/strbuf.h"
#include "scaler/formula/fault.h"

enum node_kind {
    NODE_NONE, /* number 0: no node */
    NODE_NIL,
    NODE_BOOL,        /* i */
    NODE_INT,         /* i */
    NODE_FLOAT,       /* f */
    NODE_STRING,      /* text */
    NODE_INPUT,       /* i: which */
    NODE_ENV,         /* $env itself */
    NODE_VAR,         /* a: what the variable was given; i: slot */
    NODE_TEE,         /* a, kept in slot i as well */
    NODE_UNARY,       /* op a */
    NODE_BINARY,      /* a op b */
    NODE_CONDITIONAL, /* a ? b : c */
    NODE_LET,         /* slot i = a; b */
    NODE_SEQUENCE,    /* list */
    NODE_ARRAY,       /* list */
    NODE_MAP,         /* list: key, value, key, value … */
    NODE_MEMBER,      /* a[b] or a.b; optional */
    NODE_SLICE,       /* a[b:c]; b, c may be none */
    NODE_CHAIN,       /* a with ?. in it */
    NODE_METHOD,      /* a.b(list), b a string; optional */
    NODE_BUILTIN,     /* op: which builtin; list */
    NODE_PREDICATE,   /* a: what a closure computes */
    NODE_POINTER,     /* op: which; a: the collection it walks; c: for which builtin */
    NODE_KIND_COUNT,
};

enum pointer_name {
    POINTER_ELEMENT, /* # */
    POINTER_INDEX,   /* #index */
    POINTER_ACC,     /* #acc */
};

struct node {
    uint8_t kind;
    uint8_t op;     /* enum op, enum builtin, enum pointer_name */
    bool optional;  /* ?. */
    uint32_t type;  /* types.h; filled by the checker */
    uint32_t place; /* offset in the text */
    uint32_t a, b, c;
    union {
        int64_t i;
        double f;
        struct {
            uint32_t start, len;
        } text, list;
    };
};

struct ast {
    struct node *nodes;
    uint32_t len, cap;
    uint32_t counted; /* nodes as upstream counts them */
    uint32_t *links;  /* the children in lists */
    uint32_t links_len, links_cap;
    struct strbuf strings;
    uint32_t root;
    uint32_t slots; /* variables */
};

void ast_init(struct ast *ast);
void ast_done(struct ast *ast);
/* Gives the node's number; 0 with a fault if there are too many. */
uint32_t ast_add(struct ast *ast, struct node node, struct fault *fault);
uint32_t ast_add_uncounted(struct ast *ast, struct node node);
bool ast_count(struct ast *ast, uint32_t place, struct fault *fault);         /* a node that we do without */
uint32_t ast_add_links(struct ast *ast, const uint32_t *links, uint32_t len); /* gives list.start */

static inline uint32_t ast_link(const struct ast *ast, const struct node *node, uint32_t index)
{
    return ast->links[node->list.start + index];
}

#endif
