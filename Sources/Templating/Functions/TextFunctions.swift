internal import Model
internal import RegularExpressions

/// Prometheus' functions on texts, host names, patterns and links.
enum TextFunctions {
  static let table: [String: TemplateFunction] = [
    "title": writing(title),
    "toUpper": writing { $0.uppercased() },
    "toLower": writing { $0.lowercased() },
    "safeHtml": writing { $0 },
    "stripPort": writing { HostPort($0)?.host ?? $0 },
    "stripDomain": writing(stripDomain),
    "urlQueryEscape": writing(TextEscaping.query),
    "graphLink": writing { "/graph?g0.expr=\(TextEscaping.query($0))&g0.tab=0" },
    "tableLink": writing { "/graph?g0.expr=\(TextEscaping.query($0))&g0.tab=1" },
    "externalURL": .init(0) { call in .string(call.context.externalURL) },
    "pathPrefix": .init(0) { call in .string(path(ofURL: call.context.externalURL)) },
    "match": .init(2) { call throws(TemplateFailure) in
      .bool(try pattern(try call.string(0)).matches(try call.string(1)))
    },
    "reReplaceAll": .init(3) { call throws(TemplateFailure) in
      let (replacement, text) = (try call.string(1), try call.string(2))
      // Every byte may begin a match, and a reference brings at most the whole text once more.
      let worst = (replacement.utf8.count + 1) * (text.utf8.count + 1)
      guard worst <= TemplateLimits.replacementBytes else {
        throw TemplateFailure("the result could be longer than \(TemplateLimits.replacementBytes) bytes")
      }
      return .string(try pattern(try call.string(0)).replacingMatches(in: text, with: replacement))
    },
  ]

  private static func writing(_ write: @escaping @Sendable (String) -> String) -> TemplateFunction {
    .init(1) { call throws(TemplateFailure) in .string(write(try call.string(0))) }
  }

  private static func pattern(_ text: String) throws(TemplateFailure) -> RegularExpression {
    do throws(RegularExpressionError) {
      return try RegularExpression(text, anchoring: .unanchored)
    } catch {
      throw TemplateFailure(error.description)
    }
  }

  /// The first letter of every word in upper case; words are what letters, digits and `_` make, or an apostrophe.
  @Sendable private static func title(_ text: String) -> String {
    var out = ""
    var startsWord = true
    for scalar in text.unicodeScalars {
      out += startsWord ? scalar.properties.titlecaseMapping : String(Character(scalar))
      startsWord = isSeparator(scalar)
    }
    return out
  }

  /// As Go's `strings.Title` tells words apart: in ASCII all but letters, digits and `_`, beyond it white space.
  private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
    guard scalar.isASCII else { return scalar.properties.isWhitespace }
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": return false
    default: return true
    }
  }

  @Sendable private static func stripDomain(_ text: String) -> String {
    let parts = HostPort(text)
    let host = parts?.host ?? text
    guard !IPAddressText.isAddress(host) else { return text }
    let name = host.utf8.firstIndex(of: UInt8(ascii: ".")).map { String(host[..<$0]) } ?? host
    guard let port = parts?.port, !port.isEmpty else { return name }
    return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
  }

  /// What follows the authority, without query and fragment.
  private static func path(ofURL url: String) -> String {
    var rest = Substring(url)
    if let mark = rest.firstRange(of: "://") {
      rest = rest[mark.upperBound...].drop { $0 != "/" && $0 != "?" }
    }
    return String(rest.prefix { $0 != "?" && $0 != "#" })
  }
}

/// `host:port` and `[v6]:port`, taken apart as Go's `net.SplitHostPort` does.
struct HostPort {
  let host: String
  let port: String

  /// nil when `text` has no port or is no such pair.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.lastIndex(of: UInt8(ascii: ":")) else { return nil }
    var host = bytes[..<colon]
    if bytes.first == UInt8(ascii: "[") {
      guard let close = bytes.firstIndex(of: UInt8(ascii: "]")), close + 1 == colon else { return nil }
      host = bytes[1..<close]
    } else if host.contains(UInt8(ascii: ":")) {
      return nil
    }
    let brackets = [UInt8(ascii: "["), UInt8(ascii: "]")]
    let port = bytes[(colon + 1)...]
    guard !host.contains(where: brackets.contains), !port.contains(where: brackets.contains) else {
      return nil
    }
    self.host = String(decoding: host, as: UTF8.self)
    self.port = String(decoding: port, as: UTF8.self)
  }
}
