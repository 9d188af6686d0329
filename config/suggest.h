/* "did you mean": the known word nearest to a misspelt one. */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

struct suggest {
    const char *word;
    const char *best; /* NULL: nothing is near enough */
    size_t distance;
};

void suggest_init(struct suggest *suggest, const char *word);
void suggest_offer(struct suggest *suggest, const char *candidate);
/* "; did you mean \"x\"?" or "". Returns buf. */
const char *suggest_text(const struct suggest *suggest, char *buf, size_t size);

#define SUGGEST_TEXT_MAX 96

#endif
