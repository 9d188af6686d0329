/* Owns how many failures of a watch make a doubt, and how long it lasts. */
#include "scaler/daemon/doubt.h"

#define ERRORS_TO_DOUBT 3u
#define ERRORS_APART_MS 90000
/* After the try that follows the last failure. */
#define DOUBT_MS 45000

void doubt_clear(struct doubt *doubt)
{
    *doubt = (struct doubt){0};
}

void doubt_error(struct doubt *doubt, int64_t now_ms, int64_t in_ms)
{
    doubt->errors = now_ms - doubt->error_ms > ERRORS_APART_MS ? 1 : doubt->errors + 1;
    doubt->error_ms = now_ms;
    if (doubt->errors >= ERRORS_TO_DOUBT)
        doubt->until_ms = now_ms + in_ms + DOUBT_MS;
}

bool doubt_holds(const struct doubt *doubt, int64_t now_ms)
{
    return now_ms < doubt->until_ms;
}
