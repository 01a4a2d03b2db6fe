#ifndef FARWATCH_CSNAPPY_H
#define FARWATCH_CSNAPPY_H

#include <snappy-c.h>

#endif
