internal import Model

/// `application/x-www-form-urlencoded`, byte for byte as AWS' own clients write it: moto signs what it parsed anew.
package enum FormBody {
  package static func text(_ fields: [(String, String)]) -> String {
    fields.map { "\(plus($0.0))=\(plus($0.1))" }.joined(separator: "&")
  }

  /// A space is a plus; a percent sign of the text is escaped, so `%20` is nothing but a space.
  private static func plus(_ text: String) -> String {
    percentEncoded(text).split(separator: "%20", omittingEmptySubsequences: false).joined(separator: "+")
  }
}
