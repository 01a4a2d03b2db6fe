// RE2 has only a C++ interface; this is the part of it that Farwatch uses, spelled in C. Nothing is decided here.
#ifndef FARWATCH_CRE2_H
#define FARWATCH_CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cre2_pattern cre2_pattern;

/// Bytes [start, end) of the text; start is -1 where a group took no part in the match.
typedef struct {
  ptrdiff_t start;
  ptrdiff_t end;
} cre2_span;

/// Compiles `length` bytes of UTF-8 within a memory budget. Returns NULL when the pattern is refused and then fills
/// `error` (zero-terminated, cut to `error_capacity`). The caller destroys the pattern.
cre2_pattern *cre2_compile(const char *pattern, size_t length, bool dot_matches_newline, int64_t max_memory,
                           char *error, size_t error_capacity);

void cre2_destroy(cre2_pattern *pattern);

/// Number of capturing groups, the whole match not counted.
int cre2_group_count(const cre2_pattern *pattern);

/// The index of the named group, or -1.
int cre2_group_index(const cre2_pattern *pattern, const char *name, size_t length);

/// Searches text[start, length), with what lies before `start` as context for `^` and `\b`. With `whole` the match
/// must cover all of it. Fills `span_count` spans, the whole match first. Safe to call from several threads at once.
bool cre2_match(const cre2_pattern *pattern, const char *text, size_t length, size_t start, bool whole,
                cre2_span *spans, int span_count);

#ifdef __cplusplus
}
#endif

#endif
