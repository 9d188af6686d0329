/* The compiled formula: a list of instructions for a stack machine. Immutable. */
#ifndef SCALER_FORMULA_PROGRAM_H
#define SCALER_FORMULA_PROGRAM_H

#include "scaler/formula/ast.h"
#include "scaler/formula/value.h"

enum code {
    CODE_PUSH,  /* constant arg */
    CODE_INPUT, /* input arg */
    CODE_ENV,   /* all inputs, as a map */
    CODE_LOAD,  /* variable arg */
    CODE_STORE, /* pops into variable arg */
    CODE_TEE,   /* top into variable arg; stays */
    CODE_POP,
    CODE_NOT,
    CODE_NEGATE,
    CODE_EQUAL,
    CODE_LESS,
    CODE_MORE,
    CODE_LESS_EQUAL,
    CODE_MORE_EQUAL,
    CODE_IN,
    CODE_CONTAINS,
    CODE_STARTS_WITH,
    CODE_ENDS_WITH,
    CODE_RANGE,
    CODE_ADD,
    CODE_SUBTRACT,
    CODE_MULTIPLY,
    CODE_DIVIDE,
    CODE_MODULO,
    CODE_POWER,
    CODE_JUMP,       /* to arg; the conditional ones look at the top and leave it */
    CODE_JUMP_FALSE, /* must be a bool */
    CODE_JUMP_TRUE,  /* must be a bool */
    CODE_JUMP_NIL,
    CODE_JUMP_NOT_NIL,
    CODE_ARRAY,        /* of the arg topmost */
    CODE_MAP,          /* of the arg topmost pairs */
    CODE_FETCH,        /* container, key → element */
    CODE_SLICE,        /* flag: SLICE_FROM, SLICE_TO say which bounds lie above the value */
    CODE_CALL,         /* builtin arg with count arguments */
    CODE_METHOD,       /* constant arg: its name; count arguments above the object */
    CODE_LOOP_BEGIN,   /* pops the collection; count: builtin; arg: stop after so many hits; flag: LOOP_… */
    CODE_LOOP_INIT,    /* pops the start of reduce, the order of sortBy */
    CODE_LOOP_FIRST,   /* reduce without start: the first element is it */
    CODE_LOOP_NEXT,    /* to arg if there is no further element */
    CODE_LOOP_TAKE,    /* pops what the closure gave; to arg if that decides */
    CODE_LOOP_STEP,    /* on to the next element, at arg */
    CODE_LOOP_FINISH,  /* pushes the loop's result; the loop ends */
    CODE_LOOP_ELEMENT, /* # */
    CODE_LOOP_INDEX,   /* #index */
    CODE_LOOP_ACC,     /* #acc */
    CODE_COUNT_OF,
};

enum { SLICE_FROM = 1, SLICE_TO = 2 };
enum { LOOP_BACKWARDS = 1, LOOP_MUST_FIND = 2 };

struct instruction {
    uint8_t code; /* enum code */
    uint8_t flag;
    uint16_t count;
    uint32_t arg;
};

struct program {
    struct instruction *code;
    uint32_t *places; /* where in the text each instruction comes from */
    uint32_t len, cap;
    struct value *constants; /* their texts point into strings */
    uint32_t constants_len, constants_cap;
    char *strings;
    size_t strings_len;
    uint32_t variables;
    const char *const *names; /* of the inputs; borrowed from the formula */
    size_t names_len;
};

/* Takes the tree's strings; the tree is as checked and rewritten. */
void program_compile(struct program *program, struct ast *ast);
void program_done(struct program *program);

#endif
