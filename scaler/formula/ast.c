/* The tree's arrays. */
#include "scaler/formula/ast.h"

#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/formula/formula.h"

void ast_init(struct ast *ast)
{
    *ast = (struct ast){0};
    strbuf_init(&ast->strings);
    ast_add_uncounted(ast, (struct node){.kind = NODE_NONE});
}

void ast_done(struct ast *ast)
{
    mem_free(ast->nodes);
    mem_free(ast->links);
    strbuf_done(&ast->strings);
}

uint32_t ast_add_uncounted(struct ast *ast, struct node node)
{
    if (ast->len == ast->cap) {
        ast->cap = ast->cap ? 2 * ast->cap : 32;
        ast->nodes = mem_realloc_array(ast->nodes, ast->cap, sizeof(*ast->nodes));
    }
    ast->nodes[ast->len] = node;
    return ast->len++;
}

bool ast_count(struct ast *ast, uint32_t place, struct fault *fault)
{
    if (++ast->counted > FORMULA_NODES_MAX)
        return fault_at(fault, ERR_CONFIG, place, "the formula has more than %d parts", FORMULA_NODES_MAX);
    return true;
}

uint32_t ast_add(struct ast *ast, struct node node, struct fault *fault)
{
    return ast_count(ast, node.place, fault) ? ast_add_uncounted(ast, node) : 0;
}

uint32_t ast_add_links(struct ast *ast, const uint32_t *links, uint32_t len)
{
    uint32_t start = ast->links_len;
    if (len > ast->links_cap - ast->links_len) {
        ast->links_cap = 2 * ast->links_cap + len;
        ast->links = mem_realloc_array(ast->links, ast->links_cap, sizeof(*ast->links));
    }
    if (len)
        memcpy(ast->links + start, links, len * sizeof(*links));
    ast->links_len += len;
    return start;
}
