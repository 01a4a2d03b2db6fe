/// Whether it is beyond doubt where a request ends and whom it is for.
///
/// A proxy in front and this server must see the same request: where one reads a length that the other does not, a
/// client can hide a second request in the body of the first (RFC 9112, sections 3.2, 5.1 and 6.3).
enum RequestFraming {
  enum Fault: String, CaseIterable {
    case name = "a header's name is malformed"
    case twoLengths = "there is more than one Content-Length"
    case length = "Content-Length is not a number of bytes"
    case lengthAndCoding = "there are both Content-Length and Transfer-Encoding"
    case coding = "Transfer-Encoding is not `chunked`"
    case oldCoding = "HTTP/1.0 has no Transfer-Encoding"
    case noHost = "there is no Host"
    case twoHosts = "there is more than one Host"
  }

  /// - Parameter version: as in the request line, `HTTP/1.1`.
  static func fault(version: String, _ headers: [HTTPServerField]) -> Fault? {
    var lengths: [String] = []
    var codings: [String] = []
    var hosts = 0
    for field in headers {
      guard isToken(field.name) else { return .name }
      if equalIgnoringASCIICase(field.name, "Content-Length") { lengths.append(field.value) }
      if equalIgnoringASCIICase(field.name, "Transfer-Encoding") { codings.append(field.value) }
      if equalIgnoringASCIICase(field.name, "Host") { hosts += 1 }
    }
    if let coding = codings.first {
      if !lengths.isEmpty { return .lengthAndCoding }
      if version == "HTTP/1.0" { return .oldCoding }
      guard codings.count == 1, equalIgnoringASCIICase(coding, "chunked") else { return .coding }
    }
    if let length = lengths.first {
      guard lengths.count == 1 else { return .twoLengths }
      guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), UInt64(length) != nil
      else { return .length }
    }
    if hosts > 1 { return .twoHosts }
    return hosts == 0 && version != "HTTP/1.0" ? .noHost : nil
  }

  /// RFC 9110, 5.6.2. A space before the colon ends up in the name.
  private static func isToken(_ name: String) -> Bool {
    !name.isEmpty
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
      }
  }
}
