/* The shapes of Kubernetes names. They end up in request paths, so nothing else may pass. */
#ifndef CONFIG_NAMES_H
#define CONFIG_NAMES_H

#include <stddef.h>

#define NAME_LABEL_MAX     63
#define NAME_SUBDOMAIN_MAX 253

/* Each returns NULL if text is right, else what it must be (static text: "must be …"). */
const char *name_check_subdomain(const char *text);   /* RFC 1123 subdomain, ≤ 253 */
const char *name_check_label(const char *text);       /* RFC 1123 label, ≤ 63: namespaces */
const char *name_check_api_version(const char *text); /* "v1" or "group/v1"; "" passes */
const char *name_check_kind(const char *text);        /* "Deployment"; "" passes */

#endif
