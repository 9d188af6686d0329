/* Owns the stream of zlib. libcurl could unpack as well, but stops at the first member and takes x-gzip and
 * double packing for what was asked for. */
#include "scaler/net/gunzip.h"

#include <stdint.h>
#define ZLIB_CONST
#include <zlib.h>

#include "scaler/base/mem.h"

#define GZIP_ONLY   (16 + MAX_WBITS)
#define PIECE_BYTES 16384

struct gunzip {
    z_stream stream;
    bool between; /* at the end of a member */
};

struct gunzip *gunzip_new(void)
{
    struct gunzip *gunzip = mem_zalloc(sizeof(*gunzip));
    if (inflateInit2(&gunzip->stream, GZIP_ONLY) != Z_OK) {
        mem_free(gunzip); /* for want of memory; the first byte will say so */
        return NULL;
    }
    return gunzip;
}

void gunzip_free(struct gunzip *gunzip)
{
    if (gunzip)
        inflateEnd(&gunzip->stream);
    mem_free(gunzip);
}

/* One piece of output. */
static enum gunzip_result inflate_piece(struct gunzip *gunzip, gunzip_sink_fn sink, void *arg, bool *ret_more)
{
    char piece[PIECE_BYTES];
    z_stream *stream = &gunzip->stream;
    if (gunzip->between && inflateReset(stream) != Z_OK)
        return GUNZIP_BROKEN;
    gunzip->between = false;
    stream->next_out = (unsigned char *)piece;
    stream->avail_out = sizeof(piece);
    int result = inflate(stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return GUNZIP_BROKEN;
    gunzip->between = result == Z_STREAM_END;
    size_t len = sizeof(piece) - stream->avail_out;
    if (len > 0 && !sink(piece, len, arg))
        return GUNZIP_STOPPED;
    *ret_more = stream->avail_in > 0 || (stream->avail_out == 0 && !gunzip->between);
    return GUNZIP_GOOD;
}

enum gunzip_result gunzip_feed(struct gunzip *gunzip, const char *bytes, size_t len, gunzip_sink_fn sink,
                               void *arg)
{
    if (!gunzip || len > UINT32_MAX)
        return GUNZIP_BROKEN;
    gunzip->stream.next_in = (const unsigned char *)bytes;
    gunzip->stream.avail_in = (unsigned)len;
    enum gunzip_result result = GUNZIP_GOOD;
    for (bool more = len > 0; more && result == GUNZIP_GOOD;)
        result = inflate_piece(gunzip, sink, arg, &more);
    return result;
}

bool gunzip_is_whole(const struct gunzip *gunzip)
{
    return gunzip && gunzip->between;
}
