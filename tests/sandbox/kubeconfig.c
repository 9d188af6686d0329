/* Owns writing the kubeconfig; with TLS the certificate itself is what clients are told to trust. */
#include "tests/sandbox/kubeconfig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scaler/base/base64.h"
#include "scaler/base/file.h"
#include "scaler/base/mem.h"
#include "tests/sandbox/sandbox.h"

#define CERT_MAX ((size_t)1 << 20)

static int append_trust(const struct sandbox *sandbox, struct strbuf *out, struct err *err)
{
    AUTO_FREE char *pem = NULL;
    size_t len;
    if (!sandbox->options.cert_file)
        return 0;
    if (file_read(sandbox->options.cert_file, CERT_MAX, &pem, &len, err) != 0)
        return err->code;
    AUTO_FREE char *encoded = base64_encode(pem, len);
    strbuf_printf(out, "    certificate-authority-data: %s\n", encoded);
    return 0;
}

static void append_user(const struct sandbox *sandbox, struct strbuf *out)
{
    strbuf_append(out, "users:\n- name: sandbox\n  user:");
    if (sandbox->options.token) {
        strbuf_append(out, "\n    token: ");
        strbuf_append_json(out, sandbox->options.token); /* a JSON string is a YAML one */
        strbuf_append(out, "\n");
    } else {
        strbuf_append(out, " {}\n");
    }
}

static int write_file(const char *path, const struct strbuf *text, struct err *err)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return err_set(err, ERR_IO, "%s: %s", path, strerror(errno));
    bool fine = write(file, text->data, text->len) == (ssize_t)text->len;
    fine = close(file) == 0 && fine;
    return fine ? 0 : err_set(err, ERR_IO, "%s: cannot write", path);
}

int kubeconfig_write(const struct sandbox *sandbox, const char *path, struct err *err)
{
    AUTO_STRBUF struct strbuf out;
    strbuf_init(&out);
    strbuf_printf(&out,
                  "apiVersion: v1\nkind: Config\ncurrent-context: sandbox\n"
                  "contexts:\n- name: sandbox\n  context:\n    cluster: sandbox\n    user: sandbox\n    "
                  "namespace: default\n"
                  "clusters:\n- name: sandbox\n  cluster:\n    server: %s://%s:%u\n",
                  sandbox->options.cert_file ? "https" : "http", web_host(sandbox->web),
                  web_port(sandbox->web));
    if (append_trust(sandbox, &out, err) != 0)
        return err->code;
    append_user(sandbox, &out);
    return write_file(path, &out, err);
}
