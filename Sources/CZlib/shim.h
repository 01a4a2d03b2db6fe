#ifndef FARWATCH_CZLIB_H
#define FARWATCH_CZLIB_H

#include <zlib.h>

// `inflateInit2` and `deflateInit2` are macros that pass the header's version and the size of its `z_stream`, so that the
// library can refuse a caller that was compiled against another layout. Swift does not import such macros.
static inline int farwatch_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

static inline int farwatch_deflate_init(z_stream *stream, int level, int window_bits) {
  return deflateInit2(stream, level, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
}

#endif
