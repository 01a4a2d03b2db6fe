#ifndef FARWATCH_CZLIB_H
#define FARWATCH_CZLIB_H

#include <zlib.h>

// `inflateInit2` is a macro that passes the header's version and the size of its `z_stream`, so that the
// library can refuse a caller that was compiled against another layout. Swift does not import such macros.
static inline int farwatch_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

#endif
