/* Owns the nearest-word search: edit distance with neighbouring letters swapped counting once, letter case
 * ignored. */
#include "config/suggest.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 48 /* longer words get no suggestion: bounds the work for hostile files */

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Optimal string alignment over three rolling rows. Both words ≤ WORD_MAX. */
static size_t edit_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *older = rows[0], *before = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        before[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = before[j - 1] + (same_letter(a[i - 1], b[j - 1]) ? 0 : 1);
            now[j] = least(replace, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                now[j] = least(now[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = before;
        before = now;
        now = spare;
    }
    return before[b_len];
}

/* "maxReplicas" for "maxReplicaCount": the beginning is right, the rest is another API's. */
static bool shares_beginning(const char *a, size_t a_len, const char *b)
{
    size_t same = 0;
    while (same < a_len && same_letter(a[same], b[same]))
        same++;
    return same >= 5 && same + 2 >= a_len;
}

void suggest_init(struct suggest *suggest, const char *word)
{
    size_t len = strlen(word);
    /* A third of the letters may be wrong; more would be guessing. */
    *suggest = (struct suggest){.word = word, .distance = len <= WORD_MAX ? len / 3 + 1 : 0};
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
    size_t a_len = strlen(suggest->word), b_len = strlen(candidate);
    size_t gap = a_len > b_len ? a_len - b_len : b_len - a_len;
    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return;
    bool beginning = shares_beginning(suggest->word, a_len, candidate);
    if (!beginning && gap > suggest->distance)
        return;
    size_t distance = beginning ? 1 : edit_distance(suggest->word, a_len, candidate, b_len);
    bool nearer = suggest->best ? distance < suggest->distance : distance <= suggest->distance;
    if (nearer) {
        suggest->best = candidate;
        suggest->distance = distance;
    }
}

const char *suggest_text(const struct suggest *suggest, char *buf, size_t size)
{
    (void)snprintf(buf, size, "%s%s%s", suggest->best ? "; did you mean \"" : "",
                   suggest->best ? suggest->best : "", suggest->best ? "\"?" : "");
    return buf;
}
