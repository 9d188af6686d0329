/* Owns strict JSON (RFC 8259, but for the bytes inside strings), for @valid and @fromstr. */
#include "scaler/base/mem.h"
#include "scalers/shared/document/gjson_internal.h"

struct checker {
    struct gjson_span json;
    size_t i;
    char *open; /* the brackets we are in */
    size_t depth, cap;
};

static int peek(struct checker *check)
{
    while (check->i < check->json.len && strchr(" \t\n\r", check->json.at[check->i]) &&
           check->json.at[check->i])
        check->i++;
    return check->i < check->json.len ? (unsigned char)check->json.at[check->i] : -1;
}

static bool take(struct checker *check, char c)
{
    if (check->i >= check->json.len || check->json.at[check->i] != c)
        return false;
    check->i++;
    return true;
}

static size_t take_set(struct checker *check, const char *set, size_t most)
{
    size_t taken = 0;
    while (taken < most && check->i < check->json.len && check->json.at[check->i] &&
           strchr(set, check->json.at[check->i])) {
        check->i++;
        taken++;
    }
    return taken;
}

static bool take_string(struct checker *check)
{
    if (!take(check, '"'))
        return false;
    while (check->i < check->json.len) {
        unsigned char c = (unsigned char)check->json.at[check->i++];
        if (c == '"')
            return true;
        if (c < ' ')
            return false;
        if (c != '\\')
            continue;
        if (take(check, 'u')) {
            if (take_set(check, "0123456789abcdefABCDEF", 4) < 4)
                return false;
        } else if (take_set(check, "\"\\/bfnrt", 1) == 0) {
            return false;
        }
    }
    return false;
}

static bool take_number(struct checker *check)
{
    static const char digits[] = "0123456789";
    take(check, '-');
    if (!take(check, '0') && take_set(check, digits, SIZE_MAX) == 0)
        return false;
    if (take(check, '.') && take_set(check, digits, SIZE_MAX) == 0)
        return false;
    if (take_set(check, "eE", 1) == 0)
        return true;
    take_set(check, "+-", 1);
    return take_set(check, digits, SIZE_MAX) > 0;
}

static bool take_word(struct checker *check, const char *word)
{
    size_t len = strlen(word);
    if (check->json.len - check->i < len || memcmp(check->json.at + check->i, word, len) != 0)
        return false;
    check->i += len;
    return true;
}

static bool take_scalar(struct checker *check, int c)
{
    switch (c) {
    case '"':
        return take_string(check);
    case 't':
        return take_word(check, "true");
    case 'f':
        return take_word(check, "false");
    case 'n':
        return take_word(check, "null");
    default:
        return c >= 0 && take_number(check);
    }
}

static bool take_key(struct checker *check)
{
    return peek(check) == '"' && take_string(check) && peek(check) == ':' && take(check, ':');
}

static void enter(struct checker *check, char bracket)
{
    if (check->depth == check->cap) {
        check->cap = check->cap ? check->cap * 2 : 64;
        check->open = mem_realloc_array(check->open, check->cap, 1);
    }
    check->open[check->depth++] = bracket;
}

/* Behind a value: closes what ends here. True: one more member follows, or nothing is open any more. */
static bool after_value(struct checker *check)
{
    while (check->depth > 0) {
        char open = check->open[check->depth - 1];
        int c = peek(check);
        check->i++;
        if (c == ',')
            return open == '[' || take_key(check);
        if (c != (open == '[' ? ']' : '}'))
            return false;
        check->depth--;
    }
    return true;
}

static bool check_text(struct checker *check)
{
    do {
        int c = peek(check);
        if (c != '{' && c != '[') {
            if (!take_scalar(check, c) || !after_value(check))
                return false;
            continue;
        }
        check->i++;
        enter(check, (char)c);
        int next = peek(check);
        bool empty = next == (c == '[' ? ']' : '}');
        if (empty ? !after_value(check) : c == '{' && !take_key(check))
            return false;
    } while (check->depth > 0);
    return peek(check) < 0;
}

bool gjson_valid(struct gjson_run *run, struct gjson_span json)
{
    struct checker check = {.json = json};
    if (!gjson_spend(run, json.len))
        return false;
    bool valid = check_text(&check);
    mem_free(check.open);
    return valid;
}
