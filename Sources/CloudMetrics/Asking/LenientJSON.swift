internal import FoundationEssentials
internal import Model

/// Reads foreign JSON: what is missing or of another type is nil, and a strange element does not spoil its neighbours.
enum LenientJSON {
  static func read<Value: Decodable>(_ type: Value.Type, _ body: [UInt8]) throws(CloudFailure) -> Value {
    do { return try JSONDecoder().decode(type, from: Data(body)) } catch {
      throw CloudFailure(.protocolError, "the answer is no JSON of the expected form")
    }
  }

  /// An element that may be something else.
  struct Maybe<Value: Decodable>: Decodable {
    var value: Value?
    init(from decoder: any Decoder) throws { value = try? Value(from: decoder) }
  }

  /// The elements of a list that are what they should be.
  struct List<Value: Decodable>: Decodable {
    var all: [Value] = []
    init(from decoder: any Decoder) throws {
      let elements = try decoder.singleValueContainer().decode([Maybe<Value>].self)
      all = elements.compactMap(\.value)
    }
  }

  /// A number, or text with one, as Google writes 64-bit integers. nil when it is none, or not finite.
  struct Number: Decodable {
    var value: Double?
    init(from decoder: any Decoder) throws {
      let one = try decoder.singleValueContainer()
      let number = (try? one.decode(Double.self)) ?? (try? one.decode(String.self)).flatMap { Double($0) }
      value = number.flatMap { $0.isFinite ? $0 : nil }
    }
  }
}

/// A part of a metric's name: letters, digits and single underscores.
func metricNamePart(_ text: String) -> String {
  var out: [UInt8] = []
  for byte in text.utf8 {
    let isPlain =
      (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
    if isPlain { out.append(byte) } else if out.last != 0x5f { out.append(0x5f) }
  }
  return String(decoding: out, as: UTF8.self)
}

/// A label's name that is not one of ours.
func foreignLabelName(_ text: String) -> String {
  let name = metricNamePart(text)
  let isTaken = ["collector", "metric", "project_id"].contains(name)
  let isName = name.utf8.first.map { !(0x30...0x39).contains($0) } ?? false
  return isTaken || !isName ? "label_\(name)" : name
}
