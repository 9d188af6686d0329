/* core/v1 and events.k8s.io/v1 events are one set of objects with two faces; stored is the core one. */
#ifndef TESTS_SANDBOX_EVENT_VIEW_H
#define TESTS_SANDBOX_EVENT_VIEW_H

#include <jansson.h>

#include "scaler/base/strbuf.h"
#include "tests/sandbox/resource.h"

struct blob;

/* The object as the view shows it. New reference. */
json_t *view_parse(const struct resource *view, const struct blob *blob);
/* Rewrites an object that came in through the view to what is stored. */
void view_to_stored(const struct resource *view, json_t *object);
/* And back. */
void view_from_stored(const struct resource *view, json_t *object);
/* The text of one object; as a list item, built-in kinds carry neither kind nor apiVersion. */
void view_append_text(const struct resource *view, const struct blob *blob, bool list_item,
                      struct strbuf *out);

#endif
