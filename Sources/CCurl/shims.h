#ifndef FARWATCH_CCURL_SHIMS_H
#define FARWATCH_CCURL_SHIMS_H

// libcurl sets its options and reads its results through variadic functions, which Swift cannot call.
// Each function below is one such call with its argument's type written down. Nothing here decides.

// curl's own macros around these calls check argument types in C; here the shims' signatures do.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// libcurl's event interface is driven with these two; Swift's Glibc module leaves them out.
#include <sys/epoll.h>
#include <sys/eventfd.h>

// CURL and CURLM are `void` in C; both arrive in Swift as UnsafeMutableRawPointer.

static inline CURLcode fw_easy_set_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fw_easy_set_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fw_easy_set_bytes(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fw_easy_set_pointer(CURL *easy, CURLoption option, void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode fw_easy_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
  return curl_easy_setopt(easy, option, value);
}

typedef size_t (*fw_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode fw_easy_set_data_callback(CURL *easy, CURLoption option, fw_data_callback callback) {
  return curl_easy_setopt(easy, option, callback);
}

typedef curl_socket_t (*fw_open_callback)(void *context, curlsocktype purpose, struct curl_sockaddr *address);

static inline CURLcode fw_easy_set_open_callback(CURL *easy, fw_open_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, callback);
}

typedef int (*fw_progress_callback)(
    void *context, curl_off_t toReceive, curl_off_t received, curl_off_t toSend, curl_off_t sent);

static inline CURLcode fw_easy_set_progress_callback(CURL *easy, fw_progress_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, callback);
}

typedef int (*fw_close_callback)(void *context, curl_socket_t socket);

static inline CURLcode fw_easy_set_close_callback(CURL *easy, fw_close_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, callback);
}

typedef CURLcode (*fw_tls_callback)(CURL *easy, void *library, void *context);

static inline CURLcode fw_easy_set_tls_callback(CURL *easy, fw_tls_callback callback) {
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, callback);
}

static inline CURLcode fw_easy_get_long(CURL *easy, CURLINFO info, long *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode fw_easy_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode fw_easy_get_string(CURL *easy, CURLINFO info, const char **value) {
  return curl_easy_getinfo(easy, info, (char **)value);
}

static inline CURLcode fw_easy_get_pointer(CURL *easy, CURLINFO info, void **value) {
  return curl_easy_getinfo(easy, info, value);
}

static inline CURLcode fw_easy_get_certificates(CURL *easy, struct curl_certinfo **value) {
  return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}

static inline CURLMcode fw_multi_set_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode fw_multi_set_pointer(CURLM *multi, CURLMoption option, void *value) {
  return curl_multi_setopt(multi, option, value);
}

typedef int (*fw_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *socketContext);

static inline CURLMcode fw_multi_set_socket_callback(CURLM *multi, fw_socket_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, callback);
}

typedef int (*fw_timer_callback)(CURLM *multi, long timeoutMilliseconds, void *context);

static inline CURLMcode fw_multi_set_timer_callback(CURLM *multi, fw_timer_callback callback) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, callback);
}

// The result of a finished transfer sits in a union of the message.
static inline CURLcode fw_message_result(const CURLMsg *message) {
  return message->data.result;
}

#endif
