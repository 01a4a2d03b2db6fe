/// `text` as it may stand in HTML and XML, between tags and in attributes. Control characters, which XML cannot write,
/// become U+FFFD.
package func escapedMarkup(_ text: String) -> String {
  var out = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": out += "&amp;"
    case "<": out += "&lt;"
    case ">": out += "&gt;"
    case "\"": out += "&quot;"
    case "'": out += "&#39;"
    case "\t", "\n", "\r": out.unicodeScalars.append(scalar)
    case _ where scalar.value < 0x20 || scalar.value == 0xfffe || scalar.value == 0xffff: out += "\u{fffd}"
    default: out.unicodeScalars.append(scalar)
    }
  }
  return out
}
