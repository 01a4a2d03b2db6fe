#ifndef FARWATCH_COPENSSL_SHIMS_H
#define FARWATCH_COPENSSL_SHIMS_H

// OpenSSL writes some of its calls as macros, which Swift cannot see. Each function below is one such call.
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

static inline int fw_ssl_set_server_name(SSL *ssl, const char *name) {
  return (int)SSL_set_tlsext_host_name(ssl, name);
}

static inline int fw_ssl_context_require_tls12(SSL_CTX *context) {
  return (int)SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
}

static inline void fw_ssl_context_accept_bare_end(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

static inline void fw_ssl_set_moving_buffers(SSL *ssl) {
  SSL_set_mode(ssl, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_ENABLE_PARTIAL_WRITE);
}

#endif
