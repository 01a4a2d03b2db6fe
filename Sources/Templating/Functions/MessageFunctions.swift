internal import Model

/// Functions that Alertmanager has and Prometheus lacks, or has otherwise.
enum MessageFunctions {
  static let table: [String: TemplateFunction] = [
    "trimSpace": .init(1) { call throws(TemplateFailure) in .string(trimmed(try call.string(0))) },
    "title": .init(1) { call throws(TemplateFailure) in .string(title(try call.string(0))) },
    "safeUrl": .init(1) { call throws(TemplateFailure) in .string(try call.string(0)) },
    "urlUnescape": .init(1) { call throws(TemplateFailure) in .string(try unescaped(try call.string(0))) },
    "stringSlice": .init(0 ... .max) { call throws(TemplateFailure) in
      for place in call.arguments.indices { _ = try call.string(place) }
      return .list(call.arguments)
    },
    // The separator comes first, so that the list can be piped in.
    "join": .init(2) { call throws(TemplateFailure) in
      guard case .list(let list) = call.arguments[1] else {
        throw TemplateFailure("wrong type for value; expected []string; got \(call.arguments[1].typeName)")
      }
      let separator = try call.string(0)
      var out = ""
      for (place, element) in list.enumerated() {
        guard case .string(let text) = element else { throw TemplateFailure("an element is no string") }
        out += (place > 0 ? separator : "") + text
        try TextLimit.check(out.utf8.count)
      }
      return .string(out)
    },
    "now": .init(0) { call in .time(call.context.now) },
    "since": .init(1) { call throws(TemplateFailure) in .duration(call.context.now - (try time(call, 0))) },
    "date": .init(2) { call throws(TemplateFailure) in
      .string(TimeText.format(try time(call, 1), try call.string(0)))
    },
    "tz": .init(2) { call throws(TemplateFailure) in
      let zone = try call.string(0)
      guard ["", "UTC", "Etc/UTC", "GMT", "Etc/GMT"].contains(zone) else {
        throw TemplateFailure("times are written in UTC; the zone \(GoQuoting.quoted(zone)) is not known")
      }
      return .time(try time(call, 1))
    },
    "toJson": .init(1) { call throws(TemplateFailure) in
      .string(try json(call.arguments[0]).compact)
    },
  ]

  private static func time(_ call: FunctionCall, _ place: Int) throws(TemplateFailure) -> Timestamp {
    if case .time(let time) = call.arguments[place] { return time }
    throw TemplateFailure("wrong type for value; expected time.Time; got \(call.arguments[place].typeName)")
  }

  private static func trimmed(_ text: String) -> String {
    let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
    let kept = scalars.reversed().drop { $0.properties.isWhitespace }
    return String(String.UnicodeScalarView(kept.reversed()))
  }

  /// The first letter of every word large, all others small.
  private static func title(_ text: String) -> String {
    var out = ""
    var startsWord = true
    for scalar in text.unicodeScalars {
      let isPart =
        scalar.properties.isAlphabetic || scalar.properties.numericType != nil
        || scalar == "_" || scalar == "'"
      out += startsWord ? scalar.properties.titlecaseMapping : scalar.properties.lowercaseMapping
      startsWord = !isPart
    }
    return out
  }

  /// Percent escapes undone, `+` as a space.
  private static func unescaped(_ text: String) throws(TemplateFailure) -> String {
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var place = 0
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "+"): out.append(0x20)
      case UInt8(ascii: "%"):
        let digits = String(decoding: bytes[(place + 1)...].prefix(2), as: UTF8.self)
        guard digits.utf8.count == 2, !digits.hasPrefix("+"), !digits.hasPrefix("-"),
          let byte = UInt8(digits, radix: 16)
        else { throw TemplateFailure("invalid URL escape \(GoQuoting.quoted("%" + digits))") }
        out.append(byte)
        place += 2
      case let byte: out.append(byte)
      }
      place += 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  private static func json(_ value: TemplateValue) throws(TemplateFailure) -> OrderedJSON {
    switch value {
    case .missing, .null: return .null
    case .bool(let value): return .boolean(value)
    case .int(let value): return .integer(value)
    case .float(let value): return .number(value)
    case .string(let text): return .string(text)
    case .labels(let labels), .pairs(let labels): return .strings(labels)
    case .list(let list): return .array(try elements(list))
    case .collection(let collection): return .array(try elements(collection.elements))
    case .map(let map), .record(let map):
      var members: [OrderedJSON.Member] = []
      for (name, value) in map.sorted { members.append(.init(name, try json(value))) }
      return .object(members)
    case .time(let time): return .string(time.rfc3339)
    case .duration(let duration): return .integer(Int(duration.nanoseconds))
    case .sample(let sample): return .number(sample.value)
    }
  }

  private static func elements(_ list: [TemplateValue]) throws(TemplateFailure) -> [OrderedJSON] {
    var out: [OrderedJSON] = []
    for element in list { out.append(try json(element)) }
    return out
  }
}
