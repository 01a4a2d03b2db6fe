internal import Model
package import StreamClient
internal import TLSTransport

/// The words before TLS of protocols that begin without it: a pure state machine, which never says who it is.
///
/// Sources: RFC 3207 (SMTP), 2595 (IMAP, POP3), 4217 (FTP), 4511 (LDAP), PostgreSQL's frontend protocol (SSLRequest),
/// MySQL's connection phase (SSL request packet).
package struct StartTLSDialogue: Dialogue {
  private let kind: TLSCheckSettings.StartTLS
  /// Our place in the conversation; each kind counts for itself.
  private var place = 0
  /// More of it is no greeting.
  private static let limit = 64 * 1024

  package init(_ kind: TLSCheckSettings.StartTLS) { self.kind = kind }

  package var waitsFor: String {
    switch kind {
    case .postgres, .ldap: "the answer to the request for TLS"
    case .mysql: "the greeting"
    default:
      place == 0 ? "the greeting" : "the answer to \(place == 1 && kind == .smtp ? "EHLO" : "STARTTLS")"
    }
  }

  package mutating func proceed(_ input: inout [UInt8], ended: Bool) -> DialogueStep {
    guard input.count <= Self.limit else { return refusal("more than \(Self.limit) bytes") }
    switch kind {
    case .smtp: return smtp(&input)
    case .ftp: return reply(&input, greeting: 220, ask: "AUTH TLS\r\n", granted: 234)
    case .pop3: return line(&input, ask: "STLS\r\n") { $0.hasPrefix("+OK") ? .yes : .no }
    case .imap: return imap(&input)
    case .ldap: return ldap(&input)
    case .postgres: return postgres(&input)
    case .mysql: return mysql(&input)
    }
  }

  private func refusal(_ said: String) -> DialogueStep {
    let text = String(
      said.unicodeScalars.prefix(120).map { $0.value < 0x20 || $0.value == 0x7f ? "?" : Character($0) })
    return .failed(
      StreamFailure(
        .protocolError, "the server does not start TLS for \(kind.rawValue): it said \(quoted(text))"))
  }

  // MARK: Protocols of lines

  private mutating func smtp(_ input: inout [UInt8]) -> DialogueStep {
    if place == 1 {
      guard let (code, text) = Self.takeReply(&input) else { return .wait }
      guard code == 250 else { return refusal(text) }
      place = 2
      return .send(Array("STARTTLS\r\n".utf8))
    }
    if place == 0 {
      guard let (code, text) = Self.takeReply(&input) else { return .wait }
      guard code == 220 else { return refusal(text) }
      place = 1
      return .send(Array("EHLO farwatch.invalid\r\n".utf8))
    }
    guard let (code, text) = Self.takeReply(&input) else { return place == 3 ? .done : .wait }
    guard code == 220 else { return refusal(text) }
    return startTLS(3)
  }

  /// Protocols with three-digit replies where one question is enough.
  private mutating func reply(
    _ input: inout [UInt8], greeting: Int, ask: String, granted: Int
  ) -> DialogueStep {
    if place == 3 { return .done }
    guard let (code, text) = Self.takeReply(&input) else { return .wait }
    guard code == (place == 0 ? greeting : granted) else { return refusal(text) }
    if place == 1 { return startTLS(3) }
    place = 1
    return .send(Array(ask.utf8))
  }

  private enum Meaning { case yes, no, nothing }

  private mutating func line(
    _ input: inout [UInt8], ask: String, _ meaning: (String) -> Meaning
  ) -> DialogueStep {
    if place == 3 { return .done }
    while let text = Self.takeLine(&input) {
      switch meaning(text) {
      case .nothing: continue
      case .no: return refusal(text)
      case .yes:
        if place == 1 { return startTLS(3) }
        place = 1
        return .send(Array(ask.utf8))
      }
    }
    return .wait
  }

  private mutating func imap(_ input: inout [UInt8]) -> DialogueStep {
    let isGreeted = place > 0
    return line(&input, ask: "a1 STARTTLS\r\n") { text in
      let upper = text.uppercased()
      if !isGreeted { return upper.hasPrefix("* OK") || upper.hasPrefix("* PREAUTH") ? .yes : .no }
      // Untagged lines may come in between.
      if upper.hasPrefix("* ") { return upper.hasPrefix("* BYE") ? .no : .nothing }
      return upper.hasPrefix("A1 OK") ? .yes : .no
    }
  }

  private mutating func startTLS(_ next: Int) -> DialogueStep {
    place = next
    return .startTLS
  }

  private static func takeLine(_ input: inout [UInt8]) -> String? {
    guard let end = input.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
    var line = input[..<end]
    if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
    let text = String(decoding: line, as: UTF8.self)
    input.removeFirst(end + 1)
    return text
  }

  /// One whole reply, of several lines perhaps; nothing is taken before it is whole. A line that is no reply has code 0.
  private static func takeReply(_ input: inout [UInt8]) -> (code: Int, text: String)? {
    var rest = input
    while let line = takeLine(&rest) {
      let bytes = Array(line.utf8.prefix(4))
      let digits = bytes.prefix(3)
      let isReply = digits.count == 3 && digits.allSatisfy { (0x30...0x39).contains($0) }
      let isMore = isReply && bytes.count == 4 && bytes[3] == UInt8(ascii: "-")
      if isMore { continue }
      input = rest
      return (isReply ? digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } : 0, line)
    }
    return nil
  }

  // MARK: Binary protocols

  private mutating func postgres(_ input: inout [UInt8]) -> DialogueStep {
    switch place {
    case 0:
      place = 1
      // SSLRequest: length 8, code 80877103.
      return .send([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
    case 1:
      guard let answer = input.first else { return .wait }
      input.removeFirst()
      guard answer == UInt8(ascii: "S") else {
        return refusal(
          answer == UInt8(ascii: "N") ? "N (it is built or set up without TLS)" : "no PostgreSQL")
      }
      return startTLS(2)
    default: return .done
    }
  }

  private mutating func ldap(_ input: inout [UInt8]) -> DialogueStep {
    switch place {
    case 0:
      place = 1
      // An ExtendedRequest (0x77), message 1, for the OID of StartTLS.
      return .send(
        [0x30, 0x1d, 0x02, 0x01, 0x01, 0x77, 0x18, 0x80, 0x16] + Array("1.3.6.1.4.1.1466.20037".utf8))
    case 1:
      guard let (length, start) = Self.berLength(input) else {
        return input.first.map { $0 == 0x30 } ?? true ? .wait : refusal("no LDAP")
      }
      guard length <= Self.limit else { return refusal("a message of \(length) bytes") }
      guard input.count >= start + length else { return .wait }
      let message = Array(input[start..<start + length])
      input.removeFirst(start + length)
      // Message 1, an ExtendedResponse (0x78), whose first part is resultCode, an enumeration.
      guard message.count >= 8, message[..<4].elementsEqual([0x02, 0x01, 0x01, 0x78]) else {
        return refusal("no LDAP")
      }
      let body = Array(message[3...])
      guard let (_, bodyStart) = Self.berLength(body), body.count >= bodyStart + 3,
        body[bodyStart] == 0x0a, body[bodyStart + 1] == 1
      else { return refusal("no LDAP") }
      guard body[bodyStart + 2] == 0 else { return refusal("result code \(body[bodyStart + 2])") }
      return startTLS(2)
    default: return .done
    }
  }

  /// The length of the element at the start and where its content begins; nil when too few bytes or no such thing.
  private static func berLength(_ bytes: [UInt8]) -> (length: Int, start: Int)? {
    guard bytes.count >= 2 else { return nil }
    guard bytes[1] >= 0x80 else { return (Int(bytes[1]), 2) }
    let count = Int(bytes[1] & 0x7f)
    guard (1...4).contains(count), bytes.count >= 2 + count else { return nil }
    return (bytes[2..<2 + count].reduce(0) { $0 << 8 | Int($1) }, 2 + count)
  }

  private mutating func mysql(_ input: inout [UInt8]) -> DialogueStep {
    if place == 1 { return startTLS(2) }
    if place == 2 { return .done }
    guard input.count >= 4 else { return .wait }
    let length = Int(input[0]) | Int(input[1]) << 8 | Int(input[2]) << 16
    guard length >= 1, length <= Self.limit else { return refusal("no MySQL") }
    guard input.count >= 4 + length else { return .wait }
    let packet = Array(input[4..<4 + length])
    input.removeFirst(4 + length)
    // 0xff: an error before the greeting, such as "too many connections"; its code is in two bytes.
    if packet[0] == 0xff {
      return refusal(String(decoding: packet.dropFirst(3), as: UTF8.self))
    }
    // Version 10, the server's version up to a zero, 4 bytes thread, 8 bytes salt, a zero, 2 bytes of capabilities.
    guard packet[0] == 10, let zero = packet.firstIndex(of: 0), packet.count >= zero + 16 else {
      return refusal("no MySQL")
    }
    let capabilities = Int(packet[zero + 14]) | Int(packet[zero + 15]) << 8
    guard capabilities & 0x0800 != 0 else { return refusal("no TLS among its capabilities") }
    place = 1
    return .send(Self.mysqlRequest)
  }

  /// 32 bytes, number 1: PROTOCOL_41, SSL and SECURE_CONNECTION, packets of 16 MiB, UTF-8.
  private static let mysqlRequest: [UInt8] =
    [32, 0, 0, 1, 0x00, 0x8a, 0x00, 0x00, 0, 0, 0, 1, 33] + [UInt8](repeating: 0, count: 23)
}
