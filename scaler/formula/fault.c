/* Faults: the first one of a compilation counts. */
#include "scaler/formula/fault.h"

#include <stdarg.h>
#include <stdio.h>

bool fault_at(struct fault *fault, enum err_code code, size_t offset, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    if (fault->err.code)
        return false;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    err_fill(&fault->err, code, "%s", text);
    fault->offset = offset;
    return false;
}
