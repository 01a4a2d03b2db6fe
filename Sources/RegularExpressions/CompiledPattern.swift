internal import CRE2

/// Owns one RE2 object.
///
/// `@unchecked Sendable`: the pointer is set once and read only; RE2 documents its matching calls as safe to make from
/// several threads at once, and the object is destroyed with the last reference.
final class CompiledPattern: @unchecked Sendable {
  private let pattern: OpaquePointer
  private let groupCount: Int32

  private init(_ pattern: OpaquePointer) {
    self.pattern = pattern
    groupCount = cre2_group_count(pattern)
  }

  deinit { cre2_destroy(pattern) }

  static func compile(
    _ text: String, dotMatchesNewline: Bool
  ) -> Result<CompiledPattern, RegularExpressionError> {
    var utf8 = text
    return utf8.withUTF8 { bytes in
      withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { error in
        error.initialize(repeating: 0)
        let compiled = withCharacters(UnsafeRawBufferPointer(bytes)) { start, count in
          cre2_compile(
            start, count, dotMatchesNewline, RegularExpression.maximumMemoryBytes, error.baseAddress,
            error.count)
        }
        if let compiled { return .success(CompiledPattern(compiled)) }
        let message = String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return .failure(RegularExpressionError(pattern: text, message: message))
      }
    }
  }

  func match(_ text: UnsafeRawBufferPointer, whole: Bool) -> Bool {
    withCharacters(text) { cre2_match(pattern, $0, $1, 0, whole, nil, 0) }
  }

  /// The leftmost match at or behind `start`: the whole match first, then the groups.
  func spans(in text: UnsafeRawBufferPointer, from start: Int, whole: Bool) -> [Range<Int>?]? {
    withUnsafeTemporaryAllocation(of: cre2_span.self, capacity: Int(groupCount) + 1) { spans in
      spans.initialize(repeating: cre2_span(start: -1, end: -1))
      let found = withCharacters(text) {
        cre2_match(pattern, $0, $1, start, whole, spans.baseAddress, groupCount + 1)
      }
      return found ? spans.map { $0.start < 0 ? nil : $0.start..<$0.end } : nil
    }
  }

  func index(ofGroup name: String) -> Int? {
    var text = name
    let index = text.withUTF8 { bytes in
      withCharacters(UnsafeRawBufferPointer(bytes)) { cre2_group_index(pattern, $0, $1) }
    }
    return index < 0 ? nil : Int(index)
  }
}

/// An empty buffer may have no address, but RE2 tells "empty" from "absent" by it: it gets one.
private func withCharacters<R>(
  _ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<CChar>, Int) -> R
) -> R {
  if let start = bytes.baseAddress { return body(start.assumingMemoryBound(to: CChar.self), bytes.count) }
  var nothing: CChar = 0
  return body(&nothing, 0)
}
