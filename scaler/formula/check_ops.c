/* Types of operators: one row says which pairs of types an operator takes and what it gives. */
#include "scaler/base/mem.h"
#include "scaler/formula/check.h"
#include "scaler/formula/ops.h"

enum class {
    CLASS_NUMBER,
    CLASS_INT,
    CLASS_BOOL,
    CLASS_STRING,
    CLASS_TIME,
    CLASS_DURATION,
};

struct rule {
    enum op op;
    enum class left, right;
    uint32_t gives; /* TYPE_UNKNOWN: int if both are, else float */
};

static const struct rule rules[] = {
    {OP_OR, CLASS_BOOL, CLASS_BOOL, TYPE_BOOL},
    {OP_AND, CLASS_BOOL, CLASS_BOOL, TYPE_BOOL},
    {OP_LT, CLASS_NUMBER, CLASS_NUMBER, TYPE_BOOL},
    {OP_LT, CLASS_STRING, CLASS_STRING, TYPE_BOOL},
    {OP_LT, CLASS_TIME, CLASS_TIME, TYPE_BOOL},
    {OP_LT, CLASS_DURATION, CLASS_DURATION, TYPE_BOOL},
    {OP_SUB, CLASS_NUMBER, CLASS_NUMBER, TYPE_UNKNOWN},
    {OP_SUB, CLASS_TIME, CLASS_TIME, TYPE_DURATION},
    {OP_SUB, CLASS_TIME, CLASS_DURATION, TYPE_TIME},
    {OP_SUB, CLASS_DURATION, CLASS_DURATION, TYPE_DURATION},
    {OP_MUL, CLASS_NUMBER, CLASS_NUMBER, TYPE_UNKNOWN},
    {OP_MUL, CLASS_NUMBER, CLASS_DURATION, TYPE_DURATION},
    {OP_MUL, CLASS_DURATION, CLASS_NUMBER, TYPE_DURATION},
    {OP_MUL, CLASS_DURATION, CLASS_DURATION, TYPE_DURATION},
    {OP_DIV, CLASS_NUMBER, CLASS_NUMBER, TYPE_FLOAT},
    {OP_POW, CLASS_NUMBER, CLASS_NUMBER, TYPE_FLOAT},
    {OP_MOD, CLASS_INT, CLASS_INT, TYPE_INT},
    {OP_ADD, CLASS_NUMBER, CLASS_NUMBER, TYPE_UNKNOWN},
    {OP_ADD, CLASS_STRING, CLASS_STRING, TYPE_STRING},
    {OP_ADD, CLASS_TIME, CLASS_DURATION, TYPE_TIME},
    {OP_ADD, CLASS_DURATION, CLASS_TIME, TYPE_TIME},
    {OP_ADD, CLASS_DURATION, CLASS_DURATION, TYPE_DURATION},
    {OP_CONTAINS, CLASS_STRING, CLASS_STRING, TYPE_BOOL},
    {OP_RANGE, CLASS_INT, CLASS_INT, TYPE_ARRAY},
};

/* What an operator gives when one side's type only shows when it runs. */
static const struct {
    enum op op;
    uint32_t gives;
} unknown_gives[] = {
    {OP_OR, TYPE_BOOL},     {OP_AND, TYPE_BOOL},      {OP_LT, TYPE_BOOL},     {OP_DIV, TYPE_FLOAT},
    {OP_POW, TYPE_FLOAT},   {OP_MOD, TYPE_INT},       {OP_ADD, TYPE_UNKNOWN}, {OP_SUB, TYPE_UNKNOWN},
    {OP_MUL, TYPE_UNKNOWN}, {OP_CONTAINS, TYPE_BOOL}, {OP_RANGE, TYPE_ARRAY},
};

/* Operators with the same rules as another. */
static enum op rule_of(enum op op)
{
    switch (op) {
    case OP_OR_WORD:
        return OP_OR;
    case OP_AND_WORD:
        return OP_AND;
    case OP_GT:
    case OP_GE:
    case OP_LE:
        return OP_LT;
    case OP_POW_STARS:
        return OP_POW;
    case OP_STARTS_WITH:
    case OP_ENDS_WITH:
        return OP_CONTAINS;
    default:
        return op;
    }
}

static bool in_class(uint32_t type, enum class class)
{
    switch (class) {
    case CLASS_NUMBER:
        return type_is_number(type);
    case CLASS_INT:
        return type == TYPE_INT;
    case CLASS_BOOL:
        return type == TYPE_BOOL;
    case CLASS_STRING:
        return type == TYPE_STRING;
    case CLASS_TIME:
        return type == TYPE_TIME;
    case CLASS_DURATION:
        return type == TYPE_DURATION;
    }
    return false;
}

/* One side's type is unknown: the other must be of a class that the operator knows at all. */
static bool fits_unknown(enum op op, uint32_t left, uint32_t right)
{
    uint32_t known = left == TYPE_UNKNOWN ? right : left;
    if (left == TYPE_UNKNOWN && right == TYPE_UNKNOWN)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (rules[i].op == op && (in_class(known, rules[i].left) || in_class(known, rules[i].right)))
            return true;
    return false;
}

static bool check_by_rules(struct checker *checker, enum op op, uint32_t left, uint32_t right, uint32_t *ret)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        const struct rule *rule = &rules[i];
        if (rule->op != op || !in_class(left, rule->left) || !in_class(right, rule->right))
            continue;
        *ret = op == OP_RANGE                          ? types_array_of(&checker->types, TYPE_INT)
               : rule->gives != TYPE_UNKNOWN           ? rule->gives
               : left == TYPE_INT && right == TYPE_INT ? (uint32_t)TYPE_INT
                                                       : (uint32_t)TYPE_FLOAT;
        return true;
    }
    if ((left != TYPE_UNKNOWN && right != TYPE_UNKNOWN) || !fits_unknown(op, left, right))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(unknown_gives); i++)
        if (unknown_gives[i].op == op)
            *ret = op == OP_RANGE ? types_array_of(&checker->types, TYPE_INT) : unknown_gives[i].gives;
    return true;
}

static bool check_in(struct checker *checker, uint32_t left, uint32_t right)
{
    if (type_is_map(right))
        return left == TYPE_UNKNOWN || right != TYPE_MAP || left == TYPE_STRING;
    if (type_is_array(right))
        return type_comparable(left, types_element(&checker->types, right));
    return right == TYPE_UNKNOWN;
}

static void check_coalesce(uint32_t left, uint32_t right, uint32_t *ret)
{
    if (left == TYPE_NIL || right == TYPE_NIL)
        *ret = left == TYPE_NIL ? right : left;
    else
        *ret = type_assignable(right, left) ? left : TYPE_UNKNOWN;
}

static bool mismatch(struct checker *checker, const struct node *node, uint32_t left, uint32_t right)
{
    const char *hint = node->op == OP_MOD ? ": only ints have a remainder, write int(…)" : "";
    return fault_at(checker->fault, ERR_CONFIG, node->place, "\"%s\" does not work between %s and %s%s",
                    op_rows[node->op].text, types_name(left), types_name(right), hint);
}

bool check_binary(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t left = check_type(checker, node->a), right = check_type(checker, node->b);
    bool fits;
    *ret = TYPE_BOOL;
    switch ((enum op)node->op) {
    case OP_MATCHES:
        return fault_at(checker->fault, ERR_UNSUPPORTED, node->place,
                        "the operator matches is not supported in formulas");
    case OP_EQ:
    case OP_NE:
        fits = type_comparable(left, right);
        break;
    case OP_IN:
        fits = check_in(checker, left, right);
        break;
    case OP_COALESCE:
        check_coalesce(left, right, ret);
        return true;
    default:
        fits = check_by_rules(checker, rule_of((enum op)node->op), left, right, ret);
        break;
    }
    return fits || mismatch(checker, node, left, right);
}

bool check_unary(struct checker *checker, const struct node *node, uint32_t *ret)
{
    uint32_t type = check_type(checker, node->a);
    bool logical = node->op == OP_NOT || node->op == OP_NOT_WORD;
    *ret = logical ? (uint32_t)TYPE_BOOL : type;
    if (type == TYPE_UNKNOWN || (logical ? type == TYPE_BOOL : type_is_number(type)))
        return true;
    return fault_at(checker->fault, ERR_CONFIG, node->place,
                    logical ? "\"%s\" needs a condition, not %s; it binds tighter than a comparison: write "
                              "not (…)"
                            : "\"%s\" needs a number, not %s",
                    op_rows[node->op].text, types_name(type));
}
