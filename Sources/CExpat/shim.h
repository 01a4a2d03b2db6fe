#ifndef FARWATCH_CEXPAT_H
#define FARWATCH_CEXPAT_H

#include <expat.h>

#endif
