/* Owns the likeness of names. */
#include "scaler/daemon/near.h"

#include <string.h>

#define EDITS_MAX 2
#define NAME_MAX_ 64 /* longer names are compared whole only */

static int min3(int a, int b, int c)
{
    int least = a < b ? a : b;
    return least < c ? least : c;
}

/* Insertions, deletions and replacements, given up beyond EDITS_MAX. */
static int edits(const char *a, size_t a_len, const char *b, size_t b_len)
{
    int row[NAME_MAX_ + 1];
    size_t gap = a_len > b_len ? a_len - b_len : b_len - a_len;
    if (gap > EDITS_MAX || a_len > NAME_MAX_ || b_len > NAME_MAX_)
        return NEAR_FAR;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a_len; i++) {
        int diagonal = row[0], least = row[0] = (int)i;
        for (size_t j = 1; j <= b_len; j++) {
            int above = row[j];
            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
            least = row[j] < least ? row[j] : least;
        }
        if (least > EDITS_MAX)
            return NEAR_FAR;
    }
    return row[b_len] <= EDITS_MAX ? row[b_len] : NEAR_FAR;
}

/* A part of the other, and not a tiny one. */
static int part(const char *wanted, const char *name)
{
    return strlen(wanted) >= 3 && (strstr(name, wanted) || (strlen(name) >= 3 && strstr(wanted, name)))
               ? EDITS_MAX + 1
               : NEAR_FAR;
}

static int names(const char *wanted, const char *name)
{
    int distance = edits(wanted, strlen(wanted), name, strlen(name));
    return distance < NEAR_FAR ? distance : part(wanted, name);
}

int near_distance(const char *wanted, const char *id)
{
    const char *slash = strchr(wanted, '/'), *id_slash = strchr(id, '/');
    const char *name = id_slash ? id_slash + 1 : id;
    if (!slash)
        return names(wanted, name);
    size_t ns_len = (size_t)(slash - wanted), id_ns_len = id_slash ? (size_t)(id_slash - id) : 0;
    int distance = names(slash + 1, name);
    if (ns_len == id_ns_len && memcmp(wanted, id, ns_len) == 0)
        return distance < NEAR_FAR ? distance : NEAR_FAR - 1; /* a neighbour at least */
    if (distance >= NEAR_FAR)
        return NEAR_FAR;
    return distance + (edits(wanted, ns_len, id, id_ns_len) < NEAR_FAR ? 1 : EDITS_MAX + 2);
}
