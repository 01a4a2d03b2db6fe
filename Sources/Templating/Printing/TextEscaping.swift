/// Escapes for where a text ends up: HTML, JavaScript, a URL's query.
enum TextEscaping {
  @Sendable static func html(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "&#34;"
      case "'": out += "&#39;"
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\0": out += "\u{fffd}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  @Sendable static func javaScript(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": out += "\\\\"
      case "'": out += "\\'"
      case "\"": out += "\\\""
      case "<", ">", "&", "=": out += "\\u" + GoQuoting.hexadecimal(scalar.value, 4).uppercased()
      case _ where scalar.value < 0x20: out += "\\u" + GoQuoting.hexadecimal(scalar.value, 4).uppercased()
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// `application/x-www-form-urlencoded`: a space becomes `+`.
  @Sendable static func query(_ text: String) -> String {
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
        UInt8(ascii: "~"):
        out.append(byte)
      case UInt8(ascii: " "): out.append(UInt8(ascii: "+"))
      default: out.append(contentsOf: ("%" + GoQuoting.hexadecimal(UInt32(byte), 2).uppercased()).utf8)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
