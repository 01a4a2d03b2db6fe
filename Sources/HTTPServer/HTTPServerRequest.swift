/// A name and its value: a header field, a query item or a form item.
package struct HTTPServerField: Hashable, Sendable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// One complete request.
package struct HTTPServerRequest: Sendable {
  /// As sent: `GET`, `POST`, …, or any other token.
  package var method: String
  /// Percent-decoded, valid UTF-8 without control characters. Neither `..` nor `//` is resolved: a path is a name to
  /// compare with, not a file.
  package var path: String
  /// The path between its slashes, each part decoded after the split: an encoded slash never makes a new part.
  package var pathSegments: [String]
  /// Items of the query string in order, decoded; names may repeat, an item without `=` has the value "".
  package var query: [HTTPServerField]
  /// Header fields in order, as sent.
  package var headers: [HTTPServerField]
  package var body: [UInt8]
  /// The client's numeric address without port; an IPv4 client of a dual-stack socket reads as IPv4.
  package var remoteAddress: String

  package init(
    method: String, path: String, pathSegments: [String] = [], query: [HTTPServerField] = [],
    headers: [HTTPServerField] = [], body: [UInt8] = [], remoteAddress: String = ""
  ) {
    self.method = method
    self.path = path
    self.pathSegments = pathSegments
    self.query = query
    self.headers = headers
    self.body = body
    self.remoteAddress = remoteAddress
  }

  /// The first header of that name; ASCII case does not matter.
  package func header(_ name: String) -> String? {
    headers.first { equalIgnoringASCIICase($0.name, name) }?.value
  }

  /// All headers of that name as the one list that they are; nil when there is none. ASCII case does not matter.
  package func headerList(_ name: String) -> String? {
    let values = headers.lazy.filter { equalIgnoringASCIICase($0.name, name) }.map(\.value)
    guard let first = values.first else { return nil }
    return values.dropFirst().reduce(first) { $0 + "," + $1 }
  }

  /// The first query item of that name.
  package func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// All query items of that name, in order.
  package func queryValues(_ name: String) -> [String] { query.filter { $0.name == name }.map(\.value) }

  /// The items of an `application/x-www-form-urlencoded` body; empty for any other content type, nil when the body is
  /// not such a form.
  package var formItems: [HTTPServerField]? {
    guard let type = header("Content-Type") else { return [] }
    let mediaType = type.prefix { $0 != ";" && $0 != " " }
    guard equalIgnoringASCIICase(String(mediaType), "application/x-www-form-urlencoded") else { return [] }
    return RequestTarget.items(body[...])
  }
}

/// Whether two header names are the same.
func equalIgnoringASCIICase(_ a: String, _ b: String) -> Bool {
  func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte }
  return a.utf8.count == b.utf8.count && a.utf8.elementsEqual(b.utf8) { lower($0) == lower($1) }
}
