// libpq as it is. A header of our own, because where libpq-fe.h lives differs between systems: pkg-config knows.
#include <libpq-fe.h>
// Swift's Glibc module leaves epoll out.
#include <sys/epoll.h>

// Swift's Glibc module is read without _GNU_SOURCE, which hides this one.
extern int dup3(int oldfd, int newfd, int flags);
