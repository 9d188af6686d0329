/* One parameter's text → the member of the config struct. Internal to this room. */
#ifndef CONFIG_PARAM_VALUE_H
#define CONFIG_PARAM_VALUE_H

#include "config/params.h"

/* Parses text (trimmed, not blank) into member and checks the row's choices and range. Returns NULL, or what
 * the value must be ("must be …", a new string that never quotes the value); member is then untouched. */
char *param_value_parse(const struct param_row *row, const char *text, void *member);
void param_value_done(const struct param_row *row, void *member);

#endif
