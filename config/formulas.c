/* Owns the sharing of compiled formulas between objects. The language is scaler/formula's. */
#include "config/formulas.h"

#include <ctype.h>
#include <string.h>
#include <uthash.h>

#include "scaler/base/mem.h"
#include "scaler/base/strbuf.h"

struct shared_formula {
    UT_hash_handle hh;
    char *key; /* the names, each with its length before it, then the text */
    size_t key_len;
    const char *text; /* within key */
    struct formula *program;
    bool speaks_of_nil;
    unsigned refs;
};

/* Past a string, which may hold anything. Raw strings know no escapes. */
static const char *skip_string(const char *at)
{
    char quote = *at++;
    while (*at && *at != quote)
        at += *at == '\\' && quote != '`' && at[1] ? 2 : 1;
    return *at ? at + 1 : at;
}

static const char *skip_comment(const char *at)
{
    const char *end = at[1] == '*' ? strstr(at + 2, "*/") : strchr(at, '\n');
    return end ? end + (at[1] == '*' ? 2 : 1) : at + strlen(at);
}

static size_t word_len(const char *at)
{
    size_t len = 0;
    while (isalnum((unsigned char)at[len]) || at[len] == '_' || at[len] == '$' || (at[len] & 0x80))
        len++;
    return len;
}

static bool speaks_of_nil(const char *at)
{
    while (*at) {
        size_t word = word_len(at);
        if ((word == 3 && memcmp(at, "nil", 3) == 0) || (at[0] == '?' && at[1] == '?'))
            return true;
        if (word)
            at += word;
        else if (*at == '"' || *at == '\'' || *at == '`')
            at = skip_string(at);
        else if (*at == '/' && (at[1] == '/' || at[1] == '*'))
            at = skip_comment(at);
        else
            at++;
    }
    return false;
}

static struct shared_formula *new_shared(const struct strbuf *key, size_t text_at, struct formula *program)
{
    struct shared_formula *shared = mem_zalloc(sizeof(*shared));
    shared->key = mem_strdup(key->data);
    shared->key_len = key->len;
    shared->text = shared->key + text_at;
    shared->program = program;
    shared->speaks_of_nil = speaks_of_nil(shared->text);
    return shared;
}

/* Returns where the text begins. */
static size_t make_key(struct strbuf *key, const char *text, const char *const *names, size_t names_len)
{
    for (size_t i = 0; i < names_len; i++)
        strbuf_printf(key, "%zu:%s,", strlen(names[i]), names[i]);
    strbuf_append_c(key, ';'); /* where a length would stand: the names end */
    size_t text_at = key->len;
    strbuf_append(key, text);
    return text_at;
}

int formula_pool_get(struct formula_pool *pool, const char *text, const char *const *names, size_t names_len,
                     struct shared_formula **ret, struct formula_place *ret_place, struct err *err)
{
    AUTO_STRBUF struct strbuf key;
    strbuf_init(&key);
    size_t text_at = make_key(&key, text, names, names_len);
    struct shared_formula *shared = NULL;
    HASH_FIND(hh, pool->head, key.data, key.len, shared);
    if (!shared) {
        struct formula *program;
        int rc = formula_compile(text, names, names_len, &program, ret_place, err);
        if (rc != 0)
            return rc;
        shared = new_shared(&key, text_at, program);
        shared->refs = 1; /* the pool's */
        HASH_ADD_KEYPTR(hh, pool->head, shared->key, shared->key_len, shared);
    }
    shared->refs++;
    *ret = shared;
    return 0;
}

void shared_formula_unref(struct shared_formula *shared)
{
    if (!shared || --shared->refs > 0)
        return;
    formula_free(shared->program);
    mem_free(shared->key);
    mem_free(shared);
}

void formula_pool_done(struct formula_pool *pool)
{
    struct shared_formula *shared, *next;
    HASH_ITER (hh, pool->head, shared, next) {
        HASH_DEL(pool->head, shared);
        shared_formula_unref(shared);
    }
}

const struct formula *shared_formula_program(const struct shared_formula *shared)
{
    return shared->program;
}

const char *shared_formula_text(const struct shared_formula *shared)
{
    return shared->text;
}

bool shared_formula_speaks_of_nil(const struct shared_formula *shared)
{
    return shared->speaks_of_nil;
}
