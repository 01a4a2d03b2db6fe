#ifndef FARWATCH_CMALLOC_SHIMS_H
#define FARWATCH_CMALLOC_SHIMS_H

// How glibc's allocator is told what to keep; Swift's Glibc module leaves it out.
#include <malloc.h>

#endif
