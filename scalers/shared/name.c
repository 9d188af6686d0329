/* Metric names. Apart from registry.c, so that a trigger type does not drag every other one in. */
#include <string.h>

#include "scalers/api.h"

void scaler_normalize_name(char *name)
{
    for (char *c = name; *c; c++) {
        if (strchr("/.:%()", *c))
            *c = '-';
    }
}
