internal import HTTPClient
package import Model
package import StrictYAML

/// nil when `text` is an absolute http or https URL. Says nothing of what may be a secret.
package func httpURLComplaint(_ text: String) -> String? {
  let scheme = ["http://", "https://"].first { text.hasPrefix($0) }
  let rest = scheme.map { text.dropFirst($0.count) } ?? text[...]
  let host = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
  if host.contains("@") || scheme == nil && text.contains("://") && text.contains("@") {
    return "must not hold a user name or password; name a file with `header_files`"
  }
  if scheme == nil { return "must begin with http:// or https://, found \"\(text)\"" }
  if text.unicodeScalars.contains(where: { $0.value <= 0x20 || $0.value == 0x7f }) {
    return "must not hold white space or control characters"
  }
  if host.isEmpty || host.hasPrefix(":") { return "has no host" }
  return HTTPURL(text) == nil ? "is no URL that can be asked: check host and port \"\(host)\"" : nil
}

extension YAMLType where Value == String {
  /// A name that is joined with others into one, so that it must not hold what joins them.
  package static var namePart: YAMLType {
    nonEmptyString.validated { $0.contains("/") ? "must not hold a slash, found \"\($0)\"" : nil }
  }
}

extension YAMLType where Value == Labels {
  /// Label names and values.
  package static var labels: YAMLType<Labels> {
    let pairs = YAMLType<[String: String]>.map(.string).validated { pairs in
      let wrong = pairs.keys.sorted().first { !isLabelName($0) }
      if wrong == Labels.metricNameLabel { return "\"\(Labels.metricNameLabel)\" names the metric itself" }
      return wrong.map { "\"\($0)\" is no label name: letters, digits and _, not beginning with a digit" }
    }
    return .converted(from: pairs, placeholder: .empty) { Labels($0) }
  }
}

private func isLabelName(_ name: String) -> Bool {
  guard let first = name.utf8.first, !(0x30...0x39).contains(first), name != Labels.metricNameLabel else {
    return false
  }
  return name.utf8.allSatisfy {
    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
  }
}
