/* JSON trees as text in our own buffers. */
#ifndef SCALER_KUBE_JSON_DUMP_H
#define SCALER_KUBE_JSON_DUMP_H

#include <jansson.h>

/* Compact text of any value, new string. A secret in it: free with mem_free_secret. */
char *json_dump(const json_t *value);

#endif
