#include "cre2.h"

#include <re2/re2.h>

#include <cstring>
#include <new>
#include <string>
#include <vector>

struct cre2_pattern {
  RE2 regex;
  cre2_pattern(const re2::StringPiece &text, const RE2::Options &options) : regex(text, options) {}
};

cre2_pattern *cre2_compile(const char *pattern, size_t length, bool dot_matches_newline, int64_t max_memory,
                           char *error, size_t error_capacity) {
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(max_memory);
  options.set_dot_nl(dot_matches_newline);
  auto *made = new (std::nothrow) cre2_pattern(re2::StringPiece(pattern, length), options);
  const char *message = "out of memory";
  if (made != nullptr) {
    if (made->regex.ok()) return made;
    message = made->regex.error().c_str();
  }
  if (error_capacity > 0) {
    std::strncpy(error, message, error_capacity - 1);
    error[error_capacity - 1] = '\0';
  }
  delete made;
  return nullptr;
}

void cre2_destroy(cre2_pattern *pattern) { delete pattern; }

int cre2_group_count(const cre2_pattern *pattern) { return pattern->regex.NumberOfCapturingGroups(); }

int cre2_group_index(const cre2_pattern *pattern, const char *name, size_t length) {
  const auto &groups = pattern->regex.NamedCapturingGroups();
  const auto found = groups.find(std::string(name, length));
  return found == groups.end() ? -1 : found->second;
}

bool cre2_match(const cre2_pattern *pattern, const char *text, size_t length, size_t start, bool whole,
                cre2_span *spans, int span_count) {
  const re2::StringPiece piece(text, length);
  const auto anchor = whole ? RE2::ANCHOR_BOTH : RE2::UNANCHORED;
  if (span_count == 0) return pattern->regex.Match(piece, start, length, anchor, nullptr, 0);
  std::vector<re2::StringPiece> found(span_count);
  if (!pattern->regex.Match(piece, start, length, anchor, found.data(), span_count)) return false;
  for (int i = 0; i < span_count; i++) {
    const bool took_part = found[i].data() != nullptr;
    spans[i].start = took_part ? found[i].data() - text : -1;
    spans[i].end = took_part ? spans[i].start + static_cast<ptrdiff_t>(found[i].size()) : -1;
  }
  return true;
}
