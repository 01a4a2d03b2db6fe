#ifndef FARWATCH_COPENSSL_SHIMS_H
#define FARWATCH_COPENSSL_SHIMS_H

// Much of OpenSSL's interface is function-like macros, and its stacks are typed by macros: Swift sees neither.
// Each function below is one such call with its types written down. Nothing here decides.

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static inline long fw_ssl_set_server_name(SSL *ssl, const char *name) {
  return SSL_set_tlsext_host_name(ssl, name);
}

static inline long fw_ssl_ctx_set_min_version(SSL_CTX *context, int version) {
  return SSL_CTX_set_min_proto_version(context, version);
}

static inline void fw_ssl_context_accept_bare_end(SSL_CTX *context) {
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
}

// A write may be repeated from another place in memory, and may send a part.
static inline void fw_ssl_set_write_mode(SSL *ssl) {
  SSL_set_mode(ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

static inline int fw_certificate_count(const STACK_OF(X509) *stack) { return sk_X509_num(stack); }

static inline X509 *fw_certificate_at(const STACK_OF(X509) *stack, int index) { return sk_X509_value(stack, index); }

static inline int fw_name_count(const GENERAL_NAMES *names) { return sk_GENERAL_NAME_num(names); }

static inline const GENERAL_NAME *fw_name_at(const GENERAL_NAMES *names, int index) {
  return sk_GENERAL_NAME_value(names, index);
}

static inline void fw_print_name(BIO *out, const X509_NAME *name) {
  // RFC 2253's form, with letters outside ASCII as they are.
  X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
}

static inline BIO *fw_memory(void) { return BIO_new(BIO_s_mem()); }

static inline GENERAL_NAMES *fw_alternative_names(const X509 *certificate) {
  return (GENERAL_NAMES *)X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
}

#endif
