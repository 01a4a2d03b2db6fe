internal import CRE2
internal import Model

/// Why a pattern was refused; `message` is RE2's own text or names the limit.
package struct RegularExpressionError: Error, Hashable, Sendable, CustomStringConvertible {
  package let pattern: String
  package let message: String
  package var description: String { "invalid regular expression \(quoted(pattern)): \(message)" }
}

/// A compiled pattern in RE2's dialect, the one that Prometheus, blackbox_exporter and Alertmanager speak.
///
/// Matching takes time linear in the text and memory within a fixed budget, whatever the pattern: it is safe to
/// run patterns from strangers. Two expressions are equal when pattern and anchoring are.
package struct RegularExpression: Sendable, ValuePredicate {
  package enum Anchoring: Sendable, Hashable {
    /// The whole text must match and `.` also matches a newline: `^(?s:PATTERN)$`, as PromQL's matchers.
    case whole
    /// Any part of the text may match; `.` stops at a newline. As Go's `regexp.MatchString`.
    case unanchored
  }

  /// Longer patterns (in UTF-8 bytes) are refused.
  package static let maximumPatternBytes = 16_384
  /// What one pattern may take for its program and its automaton's cache.
  package static let maximumMemoryBytes: Int64 = 2 << 20

  package let pattern: String
  package let anchoring: Anchoring
  private let compiled: CompiledPattern

  package init(_ pattern: String, anchoring: Anchoring) throws(RegularExpressionError) {
    guard pattern.utf8.count <= Self.maximumPatternBytes else {
      throw RegularExpressionError(
        pattern: String(pattern.prefix(60)) + "…",
        message: "pattern is longer than \(Self.maximumPatternBytes) bytes")
    }
    self.pattern = pattern
    self.anchoring = anchoring
    switch CompiledPattern.compile(pattern, dotMatchesNewline: anchoring == .whole) {
    case .success(let compiled): self.compiled = compiled
    case .failure(let error): throw error
    }
  }

  package func matches(_ value: String) -> Bool {
    var text = value
    return text.withUTF8 { compiled.match(UnsafeRawBufferPointer($0), whole: anchoring == .whole) }
  }

  /// `bytes` should be UTF-8; bytes that are not match no `.` and no class.
  package func matches(bytes: UnsafeRawBufferPointer) -> Bool {
    compiled.match(bytes, whole: anchoring == .whole)
  }

  /// The leftmost match, as Perl would find it; nil when there is none.
  package func firstMatch(in value: String) -> Captures? {
    var text = value
    return text.withUTF8 { utf8 -> Captures? in
      let bytes = UnsafeRawBufferPointer(utf8)
      guard let spans = compiled.spans(in: bytes, from: 0, whole: anchoring == .whole) else { return nil }
      return Captures(
        groups: spans.map { span in span.map { String(decoding: bytes[$0], as: UTF8.self) } },
        compiled: compiled)
    }
  }

  /// What a match found.
  package struct Captures: Sendable {
    /// The whole match, then every group in order of its opening bracket; nil for a group that took no part.
    package let groups: [String?]
    fileprivate let compiled: CompiledPattern

    /// The text of the group `(?P<name>…)`; nil when there is no such group or it took no part.
    package subscript(name: String) -> String? { compiled.index(ofGroup: name).flatMap { groups[$0] } }
  }

  /// `value` with every match replaced by `template`, in which `$1`, `${1}`, `$name` and `${name}` stand for groups
  /// and `$$` for a dollar: what Go's `ReplaceAllString` gives. An unknown group stands for nothing.
  package func replacingMatches(in value: String, with template: String) -> String {
    let template = ReplacementTemplate(template)
    var text = value
    let replaced = text.withUTF8 {
      replace(in: UnsafeRawBufferPointer($0), with: template)
    }
    return String(decoding: replaced, as: UTF8.self)
  }

  /// `template` with the groups of the leftmost match in `value` filled in, in the syntax of
  /// ``replacingMatches(in:with:)``; nil when there is no match.
  package func expansion(of template: String, matching value: String) -> String? {
    var text = value
    return text.withUTF8 { utf8 -> String? in
      let bytes = UnsafeRawBufferPointer(utf8)
      guard let spans = compiled.spans(in: bytes, from: 0, whole: anchoring == .whole) else { return nil }
      var out: [UInt8] = []
      ReplacementTemplate(template).expand(spans, in: bytes, group: compiled.index(ofGroup:), into: &out)
      return String(decoding: out, as: UTF8.self)
    }
  }

  private func replace(in bytes: UnsafeRawBufferPointer, with template: ReplacementTemplate) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var copied = 0
    var search = 0
    while search <= bytes.count,
      let spans = compiled.spans(in: bytes, from: search, whole: anchoring == .whole),
      let match = spans[0]
    {
      out.append(contentsOf: bytes[copied..<match.lowerBound])
      // An empty match directly behind the one before does not count.
      if match.upperBound > copied || match.lowerBound == 0 {
        template.expand(spans, in: bytes, group: compiled.index(ofGroup:), into: &out)
      }
      copied = match.upperBound
      search = match.upperBound > search ? match.upperBound : search + scalarWidth(bytes, at: search)
    }
    out.append(contentsOf: bytes[copied...])
    return out
  }
}

/// Bytes of the UTF-8 sequence that starts at `position`; 1 at the end and on bytes that are not UTF-8.
private func scalarWidth(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
  var width = 1
  while position + width < bytes.count, bytes[position + width] & 0xc0 == 0x80 { width += 1 }
  return width
}

extension RegularExpression: Hashable {
  package static func == (a: Self, b: Self) -> Bool { a.pattern == b.pattern && a.anchoring == b.anchoring }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(pattern)
    hasher.combine(anchoring)
  }
}
