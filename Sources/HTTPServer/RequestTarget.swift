/// The target of a request line, taken apart and decoded.
struct RequestTarget: Equatable {
  var path: String
  var pathSegments: [String]
  var query: [HTTPServerField]

  /// nil for what no handler should see: a malformed escape, invalid UTF-8, a control character in the path, a target
  /// that is neither a path nor an `http` URI.
  init?(_ raw: [UInt8]) {
    var rest = raw[...]
    if rest.first != UInt8(ascii: "/") {
      if rest.elementsEqual("*".utf8) {
        self.init(path: "*", pathSegments: [], query: [])
        return
      }
      guard let afterScheme = Self.dropScheme(rest) else { return nil }
      rest = afterScheme.drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
    }
    let rawPath = rest.prefix { $0 != UInt8(ascii: "?") }
    let rawQuery = rest.dropFirst(rawPath.count + 1)
    var segments: [String] = []
    for part in rawPath.split(separator: UInt8(ascii: "/")) {
      guard let text = Self.decode(part, plusIsSpace: false), Self.isPlain(text) else { return nil }
      segments.append(text)
    }
    guard let path = Self.decode(rawPath, plusIsSpace: false), let query = Self.items(rawQuery) else {
      return nil
    }
    self.init(path: path.isEmpty ? "/" : path, pathSegments: segments, query: query)
  }

  private init(path: String, pathSegments: [String], query: [HTTPServerField]) {
    self.path = path
    self.pathSegments = pathSegments
    self.query = query
  }

  /// How many items the query has at most.
  static func queryItems(in raw: [UInt8]) -> Int {
    guard let start = raw.firstIndex(of: UInt8(ascii: "?")) else { return 0 }
    return 1 + raw[start...].count { $0 == UInt8(ascii: "&") }
  }

  /// The items of a query string or of a URL-encoded form; nil when one of them cannot be decoded.
  static func items(_ bytes: ArraySlice<UInt8>) -> [HTTPServerField]? {
    var items: [HTTPServerField] = []
    for part in bytes.split(separator: UInt8(ascii: "&")) {
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      let value = part.dropFirst(name.count + 1)
      guard let name = decode(name, plusIsSpace: true), let value = decode(value, plusIsSpace: true) else {
        return nil
      }
      items.append(HTTPServerField(name, value))
    }
    return items
  }

  private static func dropScheme(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    for scheme in ["http://", "https://"] {
      let head = String(decoding: bytes.prefix(scheme.utf8.count), as: UTF8.self)
      if equalIgnoringASCIICase(head, scheme) { return bytes.dropFirst(scheme.utf8.count) }
    }
    return nil
  }

  private static func isPlain(_ text: String) -> Bool { text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f } }

  private static func decode(_ bytes: ArraySlice<UInt8>, plusIsSpace: Bool) -> String? {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var place = bytes.startIndex
    while place < bytes.endIndex {
      let byte = bytes[place]
      switch byte {
      case UInt8(ascii: "%"):
        guard bytes.endIndex - place > 2, let high = hexDigit(bytes[place + 1]),
          let low = hexDigit(bytes[place + 2])
        else { return nil }
        out.append(high << 4 | low)
        place += 3
        continue
      case UInt8(ascii: "+") where plusIsSpace: out.append(0x20)
      default: out.append(byte)
      }
      place += 1
    }
    return String(validating: out, as: UTF8.self)
  }

  private static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    case 0x61...0x66: byte - 0x61 + 10
    default: nil
    }
  }
}
