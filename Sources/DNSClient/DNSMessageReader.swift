internal import Glibc

/// Why bytes are no answer. Quotes nothing of them.
package struct DNSFormatError: Error, Hashable, Sendable, CustomStringConvertible {
  package let description: String

  init(_ description: String) { self.description = description }
}

/// Reads an answer off the wire (RFC 1035, RFC 6891) and takes nothing that is out of order.
///
/// c-ares' own parsers are not used: those of 1.18 know neither code nor flags, leave out the time to live of most types
/// and skip the authority section. Every length is checked before it is believed; a compressed name may only point to
/// what stands before it, so that no message makes a circle.
struct DNSMessageReader {
  private let bytes: [UInt8]
  private var place = 0
  private static let internetClass: UInt16 = 1

  private init(_ bytes: [UInt8]) { self.bytes = bytes }

  static func read(_ bytes: [UInt8]) throws(DNSFormatError) -> DNSMessage {
    var reader = DNSMessageReader(bytes)
    return try reader.message()
  }

  private mutating func message() throws(DNSFormatError) -> DNSMessage {
    guard bytes.count >= 12 else { throw DNSFormatError("shorter than a header") }
    let id = try number16()
    let flags = try number16()
    guard flags & 0x8000 != 0 else { throw DNSFormatError("a question where an answer should be") }
    guard flags & 0x7800 == 0 else { throw DNSFormatError("an answer to something that is no query") }
    let counts = (try number16(), try number16(), try number16(), try number16())
    var message = DNSMessage(
      id: id, code: DNSResponseCode(code: flags & 0x000f), isAuthoritative: flags & 0x0400 != 0,
      isTruncated: flags & 0x0200 != 0, recursionAvailable: flags & 0x0080 != 0,
      isAuthenticated: flags & 0x0020 != 0)
    guard counts.0 <= 1 else { throw DNSFormatError("more than one question") }
    if counts.0 == 1 { message.question = try question() }
    do throws(DNSFormatError) {
      for _ in 0..<counts.1 { message.answers.append(try record(inside: &message)) }
      for _ in 0..<counts.2 { message.authority.append(try record(inside: &message)) }
      for _ in 0..<counts.3 {
        if let record = try additional(&message) { message.additional.append(record) }
      }
    } catch {
      // A cut answer may end anywhere; only that it was cut is believed of it.
      guard message.isTruncated else { throw error }
      (message.answers, message.authority, message.additional) = ([], [], [])
      return message
    }
    guard place == bytes.count || message.isTruncated else {
      throw DNSFormatError("bytes after the last record")
    }
    return message
  }

  private mutating func question() throws(DNSFormatError) -> DNSQuestion {
    let name = try name()
    let type = DNSRecordType(code: try number16())
    guard try number16() == Self.internetClass else { throw DNSFormatError("a question of a foreign class") }
    return DNSQuestion(name: name, type: type)
  }

  private mutating func record(inside message: inout DNSMessage) throws(DNSFormatError) -> DNSRecord {
    guard let record = try additional(&message) else {
      throw DNSFormatError("EDNS outside the additional section")
    }
    return record
  }

  /// A record; nil when it was that of EDNS, which belongs to the message.
  private mutating func additional(_ message: inout DNSMessage) throws(DNSFormatError) -> DNSRecord? {
    let owner = try name()
    let type = DNSRecordType(code: try number16())
    let recordClass = try number16()
    let timeToLive = try number32()
    let end = try endOfData()
    if type == .opt {
      guard owner == ".", !message.hasEDNS else { throw DNSFormatError("EDNS twice, or not at the root") }
      message.hasEDNS = true
      message.code = DNSResponseCode(code: UInt16(timeToLive >> 24) << 4 | message.code.code)
      message.clientSubnetScope = try subnetScope(upTo: end)
      return nil
    }
    guard recordClass == Self.internetClass else { throw DNSFormatError("a record of a foreign class") }
    let data = try data(type, upTo: end)
    guard place == end else { throw DNSFormatError("a record with more data than its type has") }
    return DNSRecord(
      name: owner, type: type, timeToLive: timeToLive >> 31 == 0 ? timeToLive : 0, data: data)
  }

  private mutating func data(_ type: DNSRecordType, upTo end: Int) throws(DNSFormatError) -> DNSRecordData {
    switch type {
    case .a: return .address(try address(AF_INET, 4))
    case .aaaa: return .address(try address(AF_INET6, 16))
    case .cname, .ns, .ptr: return .name(try name())
    case .mx:
      let preference = try number16()
      return .mailExchange(preference: preference, host: try name())
    case .soa:
      let (primary, mailbox) = (try name(), try name())
      return .startOfAuthority(
        DNSStartOfAuthority(
          primary: primary, mailbox: mailbox, serial: try number32(), refresh: try number32(),
          retry: try number32(), expire: try number32(), minimum: try number32()))
    case .txt:
      var text: [UInt8] = []
      repeat { text += try string(upTo: end) } while place < end
      return .text(String(decoding: text, as: UTF8.self))
    case .srv:
      let (priority, weight, port) = (try number16(), try number16(), try number16())
      return .service(priority: priority, weight: weight, port: port, target: try name())
    case .caa:
      let flags = try number8()
      let tag = String(decoding: try string(upTo: end), as: UTF8.self)
      return .authorization(flags: flags, tag: tag, value: String(decoding: take(upTo: end), as: UTF8.self))
    default: return .other(take(upTo: end))
    }
  }

  /// The options of EDNS; of these only the client subnet (RFC 7871) is looked at.
  private mutating func subnetScope(upTo end: Int) throws(DNSFormatError) -> Int? {
    var scope: Int?
    while place < end {
      let option = try number16()
      let length = Int(try number16())
      guard length <= end - place else { throw DNSFormatError("an option longer than its record") }
      let next = place + length
      if option == ClientSubnet.option {
        guard length >= 4 else { throw DNSFormatError("a client subnet without its lengths") }
        scope = Int(bytes[place + 3])
      }
      place = next
    }
    return scope
  }

  // MARK: Parts

  private mutating func number8() throws(DNSFormatError) -> UInt8 {
    guard place < bytes.count else { throw DNSFormatError("it ends in the middle") }
    defer { place += 1 }
    return bytes[place]
  }

  private mutating func number16() throws(DNSFormatError) -> UInt16 {
    UInt16(try number8()) << 8 | UInt16(try number8())
  }

  private mutating func number32() throws(DNSFormatError) -> UInt32 {
    UInt32(try number16()) << 16 | UInt32(try number16())
  }

  private mutating func endOfData() throws(DNSFormatError) -> Int {
    let length = Int(try number16())
    guard length <= bytes.count - place else { throw DNSFormatError("a record longer than the message") }
    return place + length
  }

  private mutating func take(upTo end: Int) -> [UInt8] {
    guard place < end else { return [] }
    defer { place = end }
    return Array(bytes[place..<end])
  }

  private mutating func string(upTo end: Int) throws(DNSFormatError) -> [UInt8] {
    let length = Int(try number8())
    guard length <= end - place else { throw DNSFormatError("a text longer than its record") }
    return take(upTo: place + length)
  }

  private mutating func address(_ family: Int32, _ length: Int) throws(DNSFormatError) -> String {
    guard bytes.count - place >= length else { throw DNSFormatError("it ends in the middle") }
    defer { place += length }
    return ResolverAddress.text(Array(bytes[place..<place + length]))
  }

  /// A name, compressed or not; leaves ``place`` behind it.
  private mutating func name() throws(DNSFormatError) -> String {
    var labels: [[UInt8]] = []
    var length = 1
    var reading = place
    // Each jump must go further back than the one before.
    var horizon = place
    var after: Int?
    while true {
      guard reading < bytes.count else { throw DNSFormatError("a name beyond the end") }
      let size = Int(bytes[reading])
      switch size & 0xc0 {
      case 0x00:
        guard size > 0 else {
          place = after ?? reading + 1
          return DNSName.text(labels)
        }
        guard reading + size < bytes.count else { throw DNSFormatError("a name beyond the end") }
        length += size + 1
        guard length <= DNSName.byteLimit else { throw DNSFormatError("a name of more than 255 bytes") }
        labels.append(Array(bytes[reading + 1...reading + size]))
        reading += size + 1
      case 0xc0:
        guard reading + 1 < bytes.count else { throw DNSFormatError("a name beyond the end") }
        let target = (size & 0x3f) << 8 | Int(bytes[reading + 1])
        guard target < horizon else { throw DNSFormatError("a name that points forward or in a circle") }
        if after == nil { after = reading + 2 }
        (reading, horizon) = (target, target)
      default: throw DNSFormatError("a label of an unknown kind")
      }
    }
  }
}

extension DNSMessage {
  /// - Throws: ``DNSFormatError`` of anything that is not one whole answer of the class IN.
  package init(wire bytes: [UInt8]) throws(DNSFormatError) { self = try DNSMessageReader.read(bytes) }
}
