/* GnuTLS, as far as libmicrohttpd leaves it to its user: checking keys before they are used, and clients' certificates. */
#ifndef FARWATCH_CGNUTLS_SHIMS_H
#define FARWATCH_CGNUTLS_SHIMS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#endif
