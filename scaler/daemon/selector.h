/* A LabelSelector object as the text that list and watch requests take. */
#ifndef SCALER_DAEMON_SELECTOR_H
#define SCALER_DAEMON_SELECTOR_H

#include <jansson.h>

/* {"matchLabels":{…},"matchExpressions":[…]} → "a=b,c in (d,e),!f". New string; "" for an empty or malformed
 * selector. */
char *selector_format(json_t *selector);

#endif
