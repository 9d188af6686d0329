/* Compiling and evaluating: the stages in a row, and KEDA's rewriting around the user's text. */
#include "scaler/formula/formula.h"

#include <math.h>
#include <string.h>

#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scaler/formula/check.h"
#include "scaler/formula/parse.h"
#include "scaler/formula/program.h"
#include "scaler/formula/rewrite.h"
#include "scaler/formula/vm.h"

struct formula {
    struct program program;
    char **names;
    size_t names_len;
    bool *used;
    size_t bytes;
};

/* What is put around the formula (spec/keda-engine.md §4.6). */
struct wrapping {
    const char *before, *after;
};

static struct wrapping wrapping_of(const char *text)
{
    static const struct wrapping none = {"", ""}, number = {"float(", ")"},
                                 maybe = {"let _kedaCompositeResult = (",
                                          "); _kedaCompositeResult == nil ? nil : "
                                          "float(_kedaCompositeResult)"};
    if (strstr(text, "??"))
        return text_starts_with(text, "let _kedaCompositeResult = ") ? none : maybe;
    return text_starts_with(text, "float(") ? none : number;
}

/* From an offset in the wrapped text to a place in the user's. */
static void place_of(const char *text, size_t offset, size_t before, struct formula_place *ret)
{
    size_t len = strlen(text), at = offset < before ? 0 : offset - before;
    *ret = (struct formula_place){.line = 1, .column = 1, .offset = at < len ? at : len};
    for (size_t i = 0; i < ret->offset; i++) {
        if (text[i] == '\n') {
            ret->line++;
            ret->column = 1;
        } else if (((unsigned char)text[i] & 0xc0) != 0x80) {
            ret->column++;
        }
    }
}

/* A finding in the wrapping says something about the formula as a whole. */
static int report(const struct fault *fault, const char *text, size_t before, struct formula_place *ret_place,
                  struct err *err)
{
    enum err_code code = (enum err_code)fault->err.code;
    bool behind = fault->offset >= before + strlen(text);
    place_of(text, fault->offset, before, ret_place);
    if (behind && text_starts_with(fault->err.msg, "unexpected \")\""))
        return err_set(err, code, "the formula ends too early");
    if ((fault->offset < before || behind) && text_starts_with(fault->err.msg, "float "))
        return err_set(err, code, "the formula must give one number (%s)", fault->err.msg);
    return err_set(err, code, "%s", fault->err.msg);
}

static struct formula *formula_new(const char *const *names, size_t names_len)
{
    struct formula *formula = mem_zalloc(sizeof(*formula));
    formula->names_len = names_len;
    formula->names = mem_zalloc_array(names_len, sizeof(*formula->names));
    formula->used = mem_zalloc_array(names_len, sizeof(*formula->used));
    formula->bytes = sizeof(*formula) + names_len * (sizeof(*formula->names) + sizeof(*formula->used));
    for (size_t i = 0; i < names_len; i++) {
        formula->names[i] = mem_strdup(names[i]);
        formula->bytes += strlen(names[i]) + 1;
    }
    formula->program.names = (const char *const *)formula->names;
    formula->program.names_len = names_len;
    return formula;
}

static bool build(struct formula *formula, const char *wrapped, struct fault *fault)
{
    struct ast ast;
    const struct parse_names names = {.names = formula->program.names, .len = formula->names_len};
    ast_init(&ast);
    bool ok = parse_formula(wrapped, strlen(wrapped), &names, &ast, fault) && check_formula(&ast, fault) &&
              rewrite_formula(&ast, fault);
    if (ok)
        program_compile(&formula->program, &ast);
    ast_done(&ast);
    return ok;
}

/* What the program says of itself, once it stands. */
static void take_stock(struct formula *formula)
{
    struct program *program = &formula->program;
    for (uint32_t i = 0; i < program->len; i++) {
        if (program->code[i].code == CODE_INPUT)
            formula->used[program->code[i].arg] = true;
        for (size_t n = 0; program->code[i].code == CODE_ENV && n < formula->names_len; n++)
            formula->used[n] = true;
    }
    formula->bytes += program->cap * (sizeof(*program->code) + sizeof(*program->places)) +
                      program->constants_cap * sizeof(*program->constants) + program->strings_len + 1;
}

/* KEDA's validation runs a formula once with -1 for all. */
static bool dry_run(const struct formula *formula, struct fault *fault)
{
    struct formula_scratch *scratch = formula_scratch_new();
    struct formula_input *inputs = mem_zalloc_array(formula->names_len, sizeof(*inputs));
    struct value ignored;
    struct err err = {0};
    uint32_t place = 0;
    for (size_t i = 0; i < formula->names_len; i++)
        inputs[i] = (struct formula_input){.present = true, .value = -1};
    bool ok = vm_run(&formula->program, scratch, inputs, 0, &ignored, &place, &err);
    if (!ok)
        fault_at(fault, ERR_CONFIG, place, "%s (in the trial run with -1 for every trigger)", err.msg);
    mem_free(inputs);
    formula_scratch_free(scratch);
    return ok;
}

int formula_compile(const char *text, const char *const *names, size_t names_len, struct formula **ret,
                    struct formula_place *ret_place, struct err *err)
{
    struct wrapping wrapping = wrapping_of(text);
    struct fault fault = {0};
    size_t len = strlen(text), before = strlen(wrapping.before);
    *ret_place = (struct formula_place){.line = 1, .column = 1};
    if (len > FORMULA_TEXT_MAX)
        return err_set(err, ERR_CONFIG, "the formula has more than %d bytes", FORMULA_TEXT_MAX);
    if (!text_is_utf8(text, len))
        return err_set(err, ERR_CONFIG, "the formula is not UTF-8");
    if (strspn(text, " \t\r\n") == len)
        return err_set(err, ERR_CONFIG, "the formula is empty");
    AUTO_FREE char *wrapped = mem_printf("%s%s%s", wrapping.before, text, wrapping.after);
    struct formula *formula = formula_new(names, names_len);
    if (!build(formula, wrapped, &fault) || !dry_run(formula, &fault)) {
        formula_free(formula);
        return report(&fault, text, before, ret_place, err);
    }
    take_stock(formula);
    *ret = formula;
    return 0;
}

void formula_free(struct formula *formula)
{
    if (!formula)
        return;
    for (size_t i = 0; i < formula->names_len; i++)
        mem_free(formula->names[i]);
    mem_free(formula->names);
    mem_free(formula->used);
    program_done(&formula->program);
    mem_free(formula);
}

static int judge(struct value result, bool *ret_nil, double *ret, struct err *err)
{
    if (result.type == VALUE_NIL) {
        *ret_nil = true;
        return 0;
    }
    if (result.type != VALUE_FLOAT)
        return err_set(err, ERR_INVALID, "the formula gives %s, not a float: write float(…) around all of it",
                       value_type_name(result));
    if (!isfinite(result.f))
        return err_set(err, ERR_INVALID, "the formula gives %s",
                       isnan(result.f) ? "NaN" : "an infinite number");
    *ret_nil = false;
    *ret = result.f;
    return 0;
}

int formula_eval(const struct formula *formula, struct formula_scratch *scratch,
                 const struct formula_input *inputs, int64_t now_ms, bool *ret_nil, double *ret,
                 struct err *err)
{
    struct value result;
    uint32_t place;
    bool ok = vm_run(&formula->program, scratch, inputs, now_ms, &result, &place, err);
    int rc = ok ? judge(result, ret_nil, ret, err) : ERR_INVALID;
    scratch_end(scratch);
    return rc;
}

bool formula_uses(const struct formula *formula, size_t index)
{
    return index < formula->names_len && formula->used[index];
}

size_t formula_bytes(const struct formula *formula)
{
    return formula->bytes;
}
