/// One clause of an `Accept`-like field.
struct AcceptedMedia: Hashable {
  /// In lower case: `text/plain`, `*/*`, `gzip`.
  var name: String
  /// Names in lower case; `q` is not among them.
  var parameters: [String: String] = [:]
  /// 0 to 1.
  var weight = 1.0

  /// Clauses looked at; the rest of a longer field is passed over.
  private static let most = 64

  /// The clauses by falling weight; of one weight those that say more stand first, and then in their own order.
  /// What weighs 0 is refused by the client and left out, and so is what cannot be read.
  static func read(_ field: String) -> [AcceptedMedia] {
    let clauses = pieces(field, at: UInt8(ascii: ",")).prefix(most).compactMap { clause($0) }
    return clauses.filter { $0.weight > 0 }.enumerated().sorted { a, b in
      if a.element.weight != b.element.weight { return a.element.weight > b.element.weight }
      let (x, y) = (a.element.wildcards, b.element.wildcards)
      return x != y ? x < y : a.offset < b.offset
    }.map(\.element)
  }

  /// All clauses in their own order, refused ones too.
  static func all(_ field: String) -> [AcceptedMedia] {
    pieces(field, at: UInt8(ascii: ",")).prefix(most).compactMap { clause($0) }
  }

  private var wildcards: Int { name.utf8.count { $0 == UInt8(ascii: "*") } }

  private static func clause(_ text: Substring) -> AcceptedMedia? {
    let parts = pieces(text, at: UInt8(ascii: ";"))
    guard let first = parts.first, !first.isEmpty else { return nil }
    var media = AcceptedMedia(name: first.lowercased())
    for part in parts.dropFirst() {
      guard let equals = part.utf8.firstIndex(of: UInt8(ascii: "=")) else { continue }
      let name = trimmed(part[..<equals]).lowercased()
      var value = trimmed(part[part.utf8.index(after: equals)...])
      if value.utf8.count >= 2, value.utf8.first == UInt8(ascii: "\""), value.utf8.last == UInt8(ascii: "\"")
      {
        value = value.dropFirst().dropLast()
      }
      if name == "q" {
        guard let weight = Double(value), weight >= 0 else { return nil }
        media.weight = min(weight, 1)
      } else {
        media.parameters[name] = String(value)
      }
    }
    return media
  }

  /// The text between separators, trimmed. None of our formats has one between quotes.
  private static func pieces(_ text: some StringProtocol, at separator: UInt8) -> [Substring] {
    Substring(text).utf8.split(separator: separator, omittingEmptySubsequences: true).map {
      trimmed(Substring($0))
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text
    while let first = text.utf8.first, first == 0x20 || first == 0x09 { text = text.dropFirst() }
    while let last = text.utf8.last, last == 0x20 || last == 0x09 { text = text.dropLast() }
    return text
  }
}
