/* The system's password hashing (libxcrypt), for bcrypt. */
#ifndef FARWATCH_CCRYPT_SHIMS_H
#define FARWATCH_CCRYPT_SHIMS_H

#include <crypt.h>

#endif
