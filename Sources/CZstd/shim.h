#ifndef FARWATCH_CZSTD_H
#define FARWATCH_CZSTD_H

#include <zstd.h>

#endif
