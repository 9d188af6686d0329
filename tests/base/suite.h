/* Runs one suite as a test program. */
#ifndef TESTS_BASE_SUITE_H
#define TESTS_BASE_SUITE_H

#include <check.h>

#include "scaler/base/mem.h"

static inline int suite_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

/* One case per test function or table, so that a failure's name says what it is about. */
#define SUITE_ADD(suite, name)                                                                               \
    do {                                                                                                     \
        TCase *tcase_ = tcase_create(#name);                                                                 \
        tcase_set_timeout(tcase_, 60);                                                                       \
        tcase_add_test(tcase_, name);                                                                        \
        suite_add_tcase(suite, tcase_);                                                                      \
    } while (0)

#define SUITE_ADD_LOOP(suite, name, rows)                                                                    \
    do {                                                                                                     \
        TCase *tcase_ = tcase_create(#name);                                                                 \
        tcase_set_timeout(tcase_, 60);                                                                       \
        tcase_add_loop_test(tcase_, name, 0, (int)ARRAY_LEN(rows));                                          \
        suite_add_tcase(suite, tcase_);                                                                      \
    } while (0)

#endif
