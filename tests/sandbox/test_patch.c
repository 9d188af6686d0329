/* Patch formats on trees: a row is a target, a patch and what comes out (NULL: refused). */
#include "tests/sandbox/patch.h"

#include "scaler/base/json.h"
#include "scaler/base/mem.h"
#include "tests/support/suite.h"

struct row {
    enum patch_kind kind;
    const char *target, *patch, *wanted;
};

static const struct row rows[] = {
    /* RFC 7386 */
    {PATCH_MERGE, "{'a':'b'}", "{'a':'c'}", "{'a':'c'}"},
    {PATCH_MERGE, "{'a':'b'}", "{'b':'c'}", "{'a':'b','b':'c'}"},
    {PATCH_MERGE, "{'a':'b','b':'c'}", "{'a':null}", "{'b':'c'}"},
    {PATCH_MERGE, "{'a':['b']}", "{'a':'c'}", "{'a':'c'}"},
    {PATCH_MERGE, "{'a':{'b':'c'}}", "{'a':{'b':'d','c':null}}", "{'a':{'b':'d'}}"},
    {PATCH_MERGE, "{'a':[{'b':'c'}]}", "{'a':[1]}", "{'a':[1]}"},
    {PATCH_MERGE, "{}", "{'a':{'bb':{'ccc':null}}}", "{'a':{'bb':{}}}"},
    {PATCH_MERGE, "{'a':5}", "{'a':{'b':1}}", "{'a':{'b':1}}"},
    {PATCH_MERGE, "{}", "[]", NULL},
    {PATCH_MERGE, "{}", "5", NULL},
    /* strategic: lists with a key */
    {PATCH_STRATEGIC, "{'containers':[{'name':'a','image':'1'},{'name':'b'}]}",
     "{'containers':[{'name':'a','image':'2'},{'name':'c'}]}",
     "{'containers':[{'name':'a','image':'2'},{'name':'b'},{'name':'c'}]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a','env':[{'name':'X','value':'1'}]}]}",
     "{'containers':[{'name':'a','env':[{'name':'Y','value':'2'}]}]}",
     "{'containers':[{'name':'a','env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]}]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'},{'name':'b'}]}",
     "{'containers':[{'name':'a','$patch':'delete'}]}", "{'containers':[{'name':'b'}]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'},{'name':'b'}]}",
     "{'containers':[{'$patch':'replace'},{'name':'c'}]}", "{'containers':[{'name':'c'}]}"},
    {PATCH_STRATEGIC, "{'ports':[{'containerPort':1,'name':'x'}]}",
     "{'ports':[{'containerPort':1,'name':'y'}]}", "{'ports':[{'containerPort':1,'name':'y'}]}"},
    {PATCH_STRATEGIC, "{'ports':[{'port':1}]}", "{'ports':[{'port':2}]}",
     "{'ports':[{'port':1},{'port':2}]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'}]}", "{'containers':[{'image':'x'}]}", NULL},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'}]}", "{'containers':[{'name':'a'},5]}", NULL},
    {PATCH_STRATEGIC, "{}", "{'containers':[{'name':'a','env':null}]}", "{'containers':[{'name':'a'}]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'},{'name':'b'},{'name':'c'}]}",
     "{'$setElementOrder/"
     "containers':[{'name':'c'},{'name':'a'}],'containers':[{'name':'b','$patch':'delete'}]}",
     "{'containers':[{'name':'c'},{'name':'a'}]}"},
    /* strategic: other lists, sets, directives on objects */
    {PATCH_STRATEGIC, "{'args':['a','b']}", "{'args':['c']}", "{'args':['c']}"},
    {PATCH_STRATEGIC, "{'args':['a']}", "{'args':[]}", "{'args':[]}"},
    {PATCH_STRATEGIC, "{'containers':[{'name':'a'}]}", "{'containers':[]}", "{'containers':[]}"},
    {PATCH_STRATEGIC, "{'finalizers':['a']}", "{'finalizers':['b','a']}", "{'finalizers':['a','b']}"},
    {PATCH_STRATEGIC, "{'finalizers':['a','b']}", "{'$deleteFromPrimitiveList/finalizers':['a']}",
     "{'finalizers':['b']}"},
    {PATCH_STRATEGIC, "{'s':{'a':1,'b':2}}", "{'s':{'$retainKeys':['a'],'a':3}}", "{'s':{'a':3}}"},
    {PATCH_STRATEGIC, "{'s':{'a':1,'b':2}}", "{'s':{'$patch':'replace','c':3}}", "{'s':{'c':3}}"},
    {PATCH_STRATEGIC, "{'s':{'a':1}}", "{'s':{'$patch':'delete'}}", "{'s':{}}"},
    {PATCH_STRATEGIC, "{'s':1,'t':2}", "{'s':null}", "{'t':2}"},
    /* RFC 6902 */
    {PATCH_JSON, "{'a':1}", "[{'op':'add','path':'/b','value':2}]", "{'a':1,'b':2}"},
    {PATCH_JSON, "{'a':[1,3]}", "[{'op':'add','path':'/a/1','value':2}]", "{'a':[1,2,3]}"},
    {PATCH_JSON, "{'a':[1]}", "[{'op':'add','path':'/a/-','value':2}]", "{'a':[1,2]}"},
    {PATCH_JSON, "{'a':[1]}", "[{'op':'add','path':'/a/2','value':2}]", NULL},
    {PATCH_JSON, "{'a':[1,2]}", "[{'op':'remove','path':'/a/0'}]", "{'a':[2]}"},
    {PATCH_JSON, "{'a':[1,2]}", "[{'op':'remove','path':'/a/-'}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'remove','path':'/b'}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'replace','path':'/a','value':{'b':2}}]", "{'a':{'b':2}}"},
    {PATCH_JSON, "{'a':{}}", "[{'op':'replace','path':'/a/b','value':2}]", "{'a':{'b':2}}"},
    {PATCH_JSON, "{}", "[{'op':'replace','path':'/a/b','value':2}]", NULL},
    {PATCH_JSON, "{'a':[1]}", "[{'op':'replace','path':'/a/0','value':2}]", "{'a':[2]}"},
    {PATCH_JSON, "{'a':[1]}", "[{'op':'replace','path':'/a/01','value':2}]", NULL},
    {PATCH_JSON, "{'a':{'b':1}}", "[{'op':'move','from':'/a/b','path':'/c'}]", "{'a':{},'c':1}"},
    {PATCH_JSON, "{'a':{'b':1}}", "[{'op':'move','from':'/a','path':'/a/b'}]", NULL},
    {PATCH_JSON, "{'a':{'b':1}}", "[{'op':'copy','from':'/a','path':'/c'}]", "{'a':{'b':1},'c':{'b':1}}"},
    {PATCH_JSON, "{'a/b':{'c~d':1}}", "[{'op':'test','path':'/a~1b/c~0d','value':1}]", "{'a/b':{'c~d':1}}"},
    {PATCH_JSON, "{'a':1}", "[{'op':'test','path':'/a','value':'1'}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'test','path':'/b','value':null}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'add','path':'','value':{'b':1}}]", "{'b':1}"},
    {PATCH_JSON, "{'a':1}", "[{'op':'add','path':'','value':[]}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'add','path':'/b'}]", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'shout','path':'/b','value':1}]", NULL},
    {PATCH_JSON, "{'a':1}", "[5]", NULL},
    {PATCH_JSON, "{'a':1}", "{'op':'remove','path':'/a'}", NULL},
    {PATCH_JSON, "{'a':1}", "[{'op':'remove','path':'a'}]", NULL},
    /* apply merges like strategic where there are keys */
    {PATCH_APPLY, "{'env':[{'name':'A'}]}", "{'env':[{'name':'B'}]}", "{'env':[{'name':'A'},{'name':'B'}]}"},
};

/* Rows are written with single quotes. */
static json_t *parse(const char *text)
{
    AUTO_FREE char *copy = mem_strdup(text);
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, NULL);
    ck_assert_msg(value != NULL, "bad row: %s", text);
    return value;
}

START_TEST(test_rows)
{
    const struct row *row = &rows[_i];
    struct err err = {0};
    AUTO_JSON json_t *target = parse(row->target);
    AUTO_JSON json_t *before = json_deep_copy(target);
    AUTO_JSON json_t *patch = parse(row->patch);
    AUTO_JSON json_t *patch_before = json_deep_copy(patch);
    AUTO_JSON json_t *result = NULL;
    int code = patch_apply(row->kind, true, target, patch, &result, &err);
    ck_assert(json_equal(target, before));
    ck_assert(json_equal(patch, patch_before));
    if (!row->wanted) {
        ck_assert_int_lt(code, 0);
        ck_assert_ptr_null(result);
        ck_assert_int_ne(err.msg[0], '\0');
        return;
    }
    AUTO_JSON json_t *wanted = parse(row->wanted);
    AUTO_FREE char *text = json_dumps(result, JSON_COMPACT);
    ck_assert_msg(code == 0 && json_equal(result, wanted), "%s + %s = %s", row->target, row->patch,
                  text ? text : err.msg);
}
END_TEST

START_TEST(test_apply_to_custom_kinds_replaces_lists)
{
    struct err err = {0};
    AUTO_JSON json_t *target = parse("{'env':[{'name':'A'}]}");
    AUTO_JSON json_t *patch = parse("{'env':[{'name':'B'}]}");
    AUTO_JSON json_t *result = NULL;
    ck_assert_int_eq(patch_apply(PATCH_APPLY, false, target, patch, &result, &err), 0);
    ck_assert(json_equal(result, patch));
}
END_TEST

START_TEST(test_nulls_go)
{
    AUTO_JSON json_t *value = parse("{'a':null,'b':{'c':null,'d':[{'e':null,'f':1}]},'g':[null]}");
    AUTO_JSON json_t *wanted = parse("{'b':{'d':[{'f':1}]},'g':[null]}");
    patch_strip_nulls(value);
    ck_assert(json_equal(value, wanted));
}
END_TEST

static void add(TCase *tests)
{
    tcase_add_loop_test(tests, test_rows, 0, ARRAY_LEN(rows));
    tcase_add_test(tests, test_apply_to_custom_kinds_replaces_lists);
    tcase_add_test(tests, test_nulls_go);
}

int main(void)
{
    return suite_run("sandbox/patch", 30, add);
}
