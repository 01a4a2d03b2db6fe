internal import FoundationEssentials

/// How rows of the state database are written: JSON with sorted keys; numbers that JSON cannot hold (NaN, infinities)
/// are strings.
package enum RowCoding {
  package static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
    return Array(try encoder.encode(value))
  }

  package static func decode<Row: Decodable>(_ type: Row.Type, _ bytes: [UInt8]) throws -> Row {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "+Inf", negativeInfinity: "-Inf", nan: "NaN")
    return try decoder.decode(type, from: Data(bytes))
  }
}
