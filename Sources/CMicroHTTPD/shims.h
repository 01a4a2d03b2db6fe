/* libmicrohttpd as Swift can see it. Swift imports neither variadic functions nor function-like macros, so each of
   them that is needed gets one typed inline twin here. The twins transcribe; they decide nothing. */
#ifndef FARWATCH_CMICROHTTPD_SHIMS_H
#define FARWATCH_CMICROHTTPD_SHIMS_H

#include <microhttpd.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* The arguments of MHD_start_daemon that this project uses, by name. */
struct farwatch_mhd_start {
  unsigned int flags;
  MHD_socket listen_socket; /* bound, listening and non-blocking */
  unsigned int threads;     /* above 1: a pool of so many */
  unsigned int connection_limit;
  unsigned int idle_timeout_seconds; /* 0: none */
  size_t connection_memory_bytes;
  void *context; /* first argument of every callback */
  MHD_AcceptPolicyCallback admit;
  MHD_AccessHandlerCallback handle;
  MHD_RequestCompletedCallback completed;
  MHD_NotifyConnectionCallback connection;
  void *(*request_target)(void *context, const char *target, struct MHD_Connection *connection);
  /* All NULL for plain HTTP. Read while the daemon starts. */
  const char *tls_certificate_pem;
  const char *tls_key_pem;
  const char *tls_client_authority_pem; /* NULL: no client's certificate is checked */
  const char *tls_priorities;
  void (*log)(void *context, const char *format, va_list arguments);
};

/* Swift does not see the members of enum MHD_FLAG under stable names. Suspending brings the ITC that
   MHD_quiesce_daemon needs.
   Poll and not epoll: with 0.9.75's epoll a thread stands still when exactly 128 events are ready at once, and a
   client's end that arrives together with its bytes is missed until the idle time-out. */
static const unsigned int farwatch_mhd_poll_thread_flags =
    MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME;

/* MHD_start_daemon is variadic. The logger stands first: options after it report their mistakes to it. */
static inline struct MHD_Daemon *farwatch_mhd_start_daemon(const struct farwatch_mhd_start *s) {
  struct MHD_OptionItem pool[] = {
      {s->threads > 1 ? MHD_OPTION_THREAD_POOL_SIZE : MHD_OPTION_END, (intptr_t)s->threads, NULL},
      {MHD_OPTION_END, 0, NULL}};
  struct MHD_OptionItem tls[] = {
      {s->tls_key_pem ? MHD_OPTION_HTTPS_MEM_KEY : MHD_OPTION_END, 0, (void *)s->tls_key_pem},
      {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)s->tls_certificate_pem},
      {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)s->tls_priorities},
      {s->tls_client_authority_pem ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
       (void *)s->tls_client_authority_pem},
      {MHD_OPTION_END, 0, NULL}};
  return MHD_start_daemon(
      s->flags | (s->tls_key_pem ? MHD_USE_TLS : 0), 0, s->admit, s->context, s->handle, s->context,
      MHD_OPTION_EXTERNAL_LOGGER, s->log, s->context,
      MHD_OPTION_LISTEN_SOCKET, s->listen_socket,
      MHD_OPTION_CONNECTION_LIMIT, s->connection_limit,
      MHD_OPTION_CONNECTION_TIMEOUT, s->idle_timeout_seconds,
      MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->connection_memory_bytes,
      MHD_OPTION_NOTIFY_COMPLETED, s->completed, s->context,
      MHD_OPTION_NOTIFY_CONNECTION, s->connection, s->context,
      MHD_OPTION_URI_LOG_CALLBACK, s->request_target, s->context,
      MHD_OPTION_ARRAY, pool,
      MHD_OPTION_ARRAY, tls,
      MHD_OPTION_END);
}

/* MHD_get_connection_info is variadic. */
static inline const union MHD_ConnectionInfo *farwatch_mhd_client_address(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
}

static inline const union MHD_ConnectionInfo *farwatch_mhd_socket(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
}

/* Bytes of the request line and the headers; NULL before they are read. */
static inline const union MHD_ConnectionInfo *farwatch_mhd_header_size(struct MHD_Connection *connection) {
  return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
}

/* A gnutls_session_t, or NULL for plain HTTP. */
static inline void *farwatch_mhd_tls_session(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info ? info->tls_session : NULL;
}

#endif
