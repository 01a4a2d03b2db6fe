/// Why bytes are no message of Protocol Buffers, or not the one that was expected.
struct WireFault: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Reads the fields of one message in Protocol Buffers' wire format, one after the other.
///
/// Every length is checked against what is there before anything is done with it; groups, which no message of today
/// has, are refused. The bytes must outlive the reader.
struct WireReader {
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// A string, bytes, a message or packed numbers.
    case bytes(UnsafeRawBufferPointer)
  }

  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var isAtEnd: Bool { place >= bytes.count }

  /// The next field; nil at the end.
  mutating func next() throws(WireFault) -> (field: UInt64, value: Value)? {
    guard !isAtEnd else { return nil }
    let key = try varint()
    let field = key >> 3
    guard field > 0, field < 1 << 29 else { throw WireFault("field number \(field) is none") }
    switch key & 7 {
    case 0: return (field, .varint(try varint()))
    case 1: return (field, .fixed64(try fixed64()))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count - place) else {
        throw WireFault("field \(field) is longer than what holds it")
      }
      let end = place + Int(length)
      defer { place = end }
      return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[place..<end])))
    case 5:
      guard bytes.count - place >= 4 else { throw WireFault("the message ends inside a number") }
      defer { place += 4 }
      return (
        field, .fixed32(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self)))
      )
    case let type: throw WireFault("field \(field) has the wire type \(type), which is not read here")
    }
  }

  mutating func varint() throws(WireFault) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while place < bytes.count {
      let byte = bytes[place]
      place += 1
      if shift == 63, byte > 1 { throw WireFault("a number has more than 64 bits") }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
      if shift > 63 { throw WireFault("a number has more than 64 bits") }
    }
    throw WireFault("the message ends inside a number")
  }

  mutating func fixed64() throws(WireFault) -> UInt64 {
    guard bytes.count - place >= 8 else { throw WireFault("the message ends inside a number") }
    defer { place += 8 }
    return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }
}

extension WireReader.Value {
  func message(_ what: String) throws(WireFault) -> UnsafeRawBufferPointer {
    guard case .bytes(let bytes) = self else { throw WireFault("\(what) is no message") }
    return bytes
  }

  func text(_ what: String) throws(WireFault) -> String {
    guard case .bytes(let bytes) = self, let text = String(validating: bytes, as: UTF8.self) else {
      throw WireFault("\(what) is no text in UTF-8")
    }
    return text
  }

  func integer(_ what: String) throws(WireFault) -> UInt64 {
    guard case .varint(let number) = self else { throw WireFault("\(what) is no whole number") }
    return number
  }

  /// A number of type `sint32` or `sint64`.
  func signed(_ what: String) throws(WireFault) -> Int64 { WireReader.zigzag(try integer(what)) }

  func double(_ what: String) throws(WireFault) -> Double {
    guard case .fixed64(let bits) = self else { throw WireFault("\(what) is no number of type double") }
    return Double(bitPattern: bits)
  }

  /// Adds numbers to `list`, packed or one by one.
  func integers(_ what: String, limit: Int, _ add: (UInt64) -> Int) throws(WireFault) {
    switch self {
    case .varint(let number):
      if add(number) > limit { throw WireFault("there are more than \(limit) of \(what)") }
    case .bytes(let bytes):
      var reader = WireReader(bytes)
      while !reader.isAtEnd {
        if add(try reader.varint()) > limit { throw WireFault("there are more than \(limit) of \(what)") }
      }
    default: throw WireFault("\(what) are no whole numbers")
    }
  }

  func doubles(_ what: String, limit: Int, into list: inout [Double]) throws(WireFault) {
    switch self {
    case .fixed64(let bits): list.append(Double(bitPattern: bits))
    case .bytes(let bytes):
      guard list.count + bytes.count / 8 <= limit else {
        throw WireFault("there are more than \(limit) of \(what)")
      }
      var reader = WireReader(bytes)
      while !reader.isAtEnd { list.append(Double(bitPattern: try reader.fixed64())) }
    default: throw WireFault("\(what) are no numbers of type double")
    }
    if list.count > limit { throw WireFault("there are more than \(limit) of \(what)") }
  }
}

extension WireReader {
  static func zigzag(_ number: UInt64) -> Int64 {
    Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
  }
}
