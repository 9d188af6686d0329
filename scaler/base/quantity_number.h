/* A quantity's number in digits, for quantity.c and quantity_format.c. Internal to this room. */
#ifndef SCALER_BASE_QUANTITY_NUMBER_H
#define SCALER_BASE_QUANTITY_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "scaler/base/quantity.h"

#define QUANTITY_TEXT_MAX    1024 /* "%.3f" of the largest double has 313 characters */
#define QUANTITY_DIGITS_MORE 20   /* digits a factor of 2^60 can add, and one */

enum quantity_style { QUANTITY_DECIMAL, QUANTITY_BINARY, QUANTITY_EXPONENT };

/* ±digits * 10^exponent; exponent ≥ -9. No digits: 0. */
struct quantity_number {
    bool negative;
    enum quantity_style style;
    bool as_written; /* upstream keeps the text */
    int64_t exponent;
    size_t len;
    char digits[QUANTITY_TEXT_MAX + 2 * QUANTITY_DIGITS_MORE];
};

/* Failure leaves *ret untouched, but not *number. */
int quantity_read(const char *text, struct quantity *ret, struct quantity_number *number, struct err *err);

#endif
