internal import CCurl

/// The parts of an `http` or `https` URL that the house needs, read by libcurl's own parser so that both agree.
package struct HTTPURL: Hashable, Sendable {
  package let scheme: String
  /// Without the brackets of an IPv6 literal.
  package let host: String
  package let port: Int
  /// The URL without user information, query and fragment: fit for logs.
  package let redacted: String
  /// User information and query, as written: what a log must not show.
  let secrets: [String]

  /// nil when `text` is not an absolute `http` or `https` URL.
  package init?(_ text: String) {
    guard let url = curl_url() else { return nil }
    defer { curl_url_cleanup(url) }
    guard curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK else { return nil }
    func part(_ part: CURLUPart) -> String? {
      var value: UnsafeMutablePointer<CChar>?
      guard curl_url_get(url, part, &value, UInt32(CURLU_DEFAULT_PORT)) == CURLUE_OK, let value else {
        return nil
      }
      defer { curl_free(value) }
      return String(cString: value)
    }
    guard let scheme = part(CURLUPART_SCHEME), scheme == "http" || scheme == "https",
      let host = part(CURLUPART_HOST), let port = part(CURLUPART_PORT).flatMap({ Int($0) })
    else { return nil }
    self.scheme = scheme
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
    self.port = port
    secrets = [part(CURLUPART_USER), part(CURLUPART_PASSWORD), part(CURLUPART_QUERY)]
      .compactMap { $0 }.filter { !$0.isEmpty }
    let isDefaultPort = port == (scheme == "https" ? 443 : 80)
    redacted = "\(scheme)://\(host)\(isDefaultPort ? "" : ":\(port)")\(part(CURLUPART_PATH) ?? "/")"
  }

  /// Scheme, host and port: what a secret may be sent to.
  func isSameOrigin(as other: HTTPURL) -> Bool {
    scheme == other.scheme && host.lowercased() == other.host.lowercased() && port == other.port
  }

  /// `text` with this URL's secrets blotted out.
  func redact(_ text: String) -> String {
    var text = text
    for secret in secrets {
      text = text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "***")
    }
    return text
  }
}
