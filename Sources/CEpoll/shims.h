#ifndef FARWATCH_CEPOLL_SHIMS_H
#define FARWATCH_CEPOLL_SHIMS_H

// How one thread waits for thousands of connections on Linux; Swift's Glibc module leaves both out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

#endif
