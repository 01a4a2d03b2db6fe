internal import Crypto
internal import FoundationEssentials
package import HTTPClient
package import Model

/// Signs requests to Azure's Blob Storage with an account's key: "Authorize with Shared Key" of its REST reference, in
/// the form of version 2015-02-21 and later.
package struct AzureSharedKey: Sendable {
  package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  private let account: String
  private let key: SymmetricKey

  /// - Parameter key: in Base64, as the portal shows it.
  package init(account: String, key: String) throws(Failure) {
    guard let bytes = Data(base64Encoded: key), !bytes.isEmpty else {
      throw Failure(description: "the account key is not Base64")
    }
    self.account = account
    self.key = SymmetricKey(data: bytes)
  }

  /// Adds `x-ms-date` and `Authorization`. The other headers must be there already.
  package func sign(_ request: inout HTTPRequest, at now: Timestamp) throws(Failure) {
    request.headers.append(HTTPHeader("x-ms-date", HTTPDate.format(now)))
    let text = try stringToSign(request)
    let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
    request.headers.append(
      HTTPHeader(
        "Authorization", "SharedKey \(account):\(Data(code).base64EncodedString())", isSecret: true))
  }

  private func stringToSign(_ request: HTTPRequest) throws(Failure) -> String {
    func value(_ name: String) -> String {
      request.headers.first { $0.name.lowercased() == name }?.value ?? ""
    }
    let standard = [
      "content-encoding", "content-language", "content-length", "content-md5", "content-type", "date",
      "if-modified-since", "if-match", "if-none-match", "if-unmodified-since", "range",
    ]
    let lines = standard.map { name in
      name == "content-length" ? (request.body.isEmpty ? "" : "\(request.body.count)") : value(name)
    }
    let own = request.headers.map { (name: $0.name.lowercased(), value: $0.value) }
      .filter { $0.name.hasPrefix("x-ms-") }.sorted { byteOrder($0.name, $1.name) }
    return ([request.method] + lines).joined(separator: "\n") + "\n"
      + own.map { "\($0.name):\($0.value)\n" }.joined() + (try resource(request.url))
  }

  /// `/account/path` and the parameters, decoded, in order of their names.
  private func resource(_ url: String) throws(Failure) -> String {
    guard let target = HTTPURL(url) else { throw Failure(description: "the endpoint's URL cannot be signed") }
    let rest = url.dropFirst(target.scheme.count + 3).prefix { $0 != "#" }
    let beforeQuery = rest.prefix { $0 != "?" }
    let path = beforeQuery.firstIndex(of: "/").map { String(beforeQuery[$0...]) } ?? "/"
    var values: [String: [String]] = [:]
    for part in rest.dropFirst(beforeQuery.count + 1).split(separator: "&") {
      let name = part.prefix { $0 != "=" }
      values[percentDecoded(String(name)).lowercased(), default: []].append(
        percentDecoded(String(part.dropFirst(name.count + 1))))
    }
    let parameters = values.sorted { byteOrder($0.key, $1.key) }
      .map { "\n\($0.key):\($0.value.sorted { byteOrder($0, $1) }.joined(separator: ","))" }
    return "/\(account)\(path)\(parameters.joined())"
  }
}
