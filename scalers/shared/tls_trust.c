/* The custom CA directories. Read when a source opens, so that a renewed mount is seen without a restart. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "scaler/base/file.h"
#include "scaler/base/log.h"
#include "scaler/base/mem.h"
#include "scaler/base/text.h"
#include "scalers/shared/tls_params.h"

#define TRUST_MAX_BYTES    ((size_t)4 << 20)
#define TRUST_DEFAULT_DIRS "/custom/ca"

static bool is_regular(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static void add_file(struct strbuf *trust, const char *path)
{
    char *pem = NULL;
    size_t len = 0;
    struct err err = {0};
    if (file_read(path, TRUST_MAX_BYTES - trust->len, &pem, &len, &err) < 0) {
        log_warn(NULL, "certificate authorities of %s are left out: %s", path, err.msg);
        return;
    }
    if (tls_pem_has_certificates(pem)) {
        strbuf_append(trust, pem);
        strbuf_append_c(trust, '\n');
    } else {
        log_warn(NULL, "%s is left out: it holds no PEM certificate, or a broken one", path);
    }
    mem_free(pem);
}

static int visible(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && !text_starts_with(entry->d_name, "..");
}

static void add_dir(struct strbuf *trust, const char *dir)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, visible, alphasort);
    for (int i = 0; i < count; i++) {
        AUTO_FREE char *path = mem_printf("%s/%s", dir, entries[i]->d_name);
        if (is_regular(path))
            add_file(trust, path);
        mem_free(entries[i]);
    }
    mem_free(entries);
}

char *tls_params_trust(const char *ca_pem)
{
    AUTO_STRBUF struct strbuf trust;
    strbuf_init_max(&trust, TRUST_MAX_BYTES + 2);
    if (!text_empty(ca_pem)) {
        strbuf_append(&trust, ca_pem);
        strbuf_append_c(&trust, '\n');
    }
    const char *dirs = getenv("DAVIT_CA_DIRS");
    AUTO_FREE char *list = mem_strdup(text_empty(dirs) ? TRUST_DEFAULT_DIRS : dirs);
    char *rest = list;
    for (char *dir; (dir = strsep(&rest, ":"));) {
        if (*dir)
            add_dir(&trust, dir);
    }
    return trust.len > 0 ? strbuf_take(&trust) : NULL;
}
