/* Where the characters of a scalar's text stand in its file. Inner to base/yaml. */
#ifndef SCALER_BASE_YAML_PLACE_H
#define SCALER_BASE_YAML_PLACE_H

#include <yaml.h>

#include "scaler/base/yaml.h"

/* Walks through the file once, line by line, as its scalars come. */
struct yaml_cursor {
    const char *bytes;
    size_t len;
    size_t offset; /* where `line` begins */
    size_t line;   /* from 0, as libyaml counts */
};

/* Finds the form and indent of a node made from event. */
void yaml_place_scalar(struct yaml_node *node, struct yaml_cursor *cursor, const yaml_event_t *event);

#endif
