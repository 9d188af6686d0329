/* Owns how results leave the program. */
#include "scaler/simulate/output.h"

#include <inttypes.h>
#include <string.h>

#include "scaler/base/text.h"

#define PIECE_BYTES ((size_t)256 << 10)

void output_init(struct output *output, FILE *file)
{
    *output = (struct output){.file = file};
    strbuf_init(&output->text);
}

static void flush(struct output *output)
{
    if (!output->failed && fwrite(output->text.data, 1, output->text.len, output->file) != output->text.len)
        output->failed = true;
    output->failed = output->failed || output->text.overflow;
    strbuf_reset(&output->text);
}

void output_pass(struct output *output)
{
    if (output->text.len >= PIECE_BYTES)
        flush(output);
}

bool output_end(struct output *output)
{
    flush(output);
    strbuf_done(&output->text);
    return fflush(output->file) == 0 && !output->failed;
}

static void append_digits(struct strbuf *text, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do
        digits[--at] = (char)('0' + value % 10);
    while (value /= 10);
    strbuf_append_n(text, digits + at, sizeof digits - at);
}

void output_milli(struct strbuf *text, int64_t milli)
{
    uint64_t size = milli < 0 ? -(uint64_t)milli : (uint64_t)milli;
    if (milli < 0)
        strbuf_append_c(text, '-');
    append_digits(text, size / 1000);
    uint64_t rest = size % 1000;
    if (rest == 0)
        return;
    char fraction[4] = {(char)('0' + rest / 100), (char)('0' + rest / 10 % 10), (char)('0' + rest % 10),
                        '\0'};
    size_t len = 3;
    while (len > 1 && fraction[len - 1] == '0')
        len--;
    strbuf_append_c(text, '.');
    strbuf_append_n(text, fraction, len);
}

void output_clock(struct strbuf *text, int64_t ms)
{
    int64_t seconds = ms / 1000;
    strbuf_printf(text, "%" PRId64 ":%02d:%02d", seconds / 3600, (int)(seconds / 60 % 60),
                  (int)(seconds % 60));
    if (ms % 1000)
        strbuf_printf(text, ".%03d", (int)(ms % 1000));
}

void output_xml(struct strbuf *text, const char *content)
{
    static const struct {
        char c;
        const char *name;
    } named[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}};
    size_t left = strlen(content);
    while (left > 0) {
        size_t width = text_utf8_width(content, left);
        const char *replacement = width == 0 || (width == 1 && (unsigned char)*content < ' ') ||
                                          (width == 3 && (memcmp(content, "\xef\xbf\xbe", 3) == 0 ||
                                                          memcmp(content, "\xef\xbf\xbf", 3) == 0))
                                      ? "\xef\xbf\xbd"
                                      : NULL;
        for (size_t i = 0; i < sizeof named / sizeof *named; i++)
            if (*content == named[i].c)
                replacement = named[i].name;
        width = width ? width : 1;
        if (replacement)
            strbuf_append(text, replacement);
        else
            strbuf_append_n(text, content, width);
        content += width;
        left -= width;
    }
}
