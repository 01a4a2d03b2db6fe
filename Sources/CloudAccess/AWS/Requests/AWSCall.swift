package import HTTPClient
internal import Model

/// One call of an AWS service, before it is signed.
package struct AWSCall: Sendable {
  package enum Form: Sendable {
    /// The query protocol: fields in a form, answers in XML.
    case query(version: String, fields: [(String, String)])
    /// JSON 1.0 or 1.1: `target` as `DynamoDB_20120810.ListTables`.
    case json(version: String, target: String, body: [UInt8])
    /// REST: what is asked is in path and query, both escaped; answers in XML.
    case rest(method: String, path: String)
  }

  /// As it is signed: `monitoring`, `rds`.
  package var service: String
  package var region: String
  /// Without a path: `https://rds.eu-west-1.amazonaws.com`.
  package var endpoint: String
  /// As AWS' documentation and permissions name it: `DescribeDBSnapshots`.
  package var action: String
  package var form: Form
  package var bodyLimit = 16 << 20
  package var caFile: String?

  package init(service: String, region: String, endpoint: String, action: String, form: Form) {
    self.service = service
    self.region = region
    self.endpoint = endpoint
    self.action = action
    self.form = form
  }

  func request(timeout: Duration) -> HTTPRequest {
    var request = HTTPRequest(url: "\(endpoint)/")
    switch form {
    case .query(let version, let fields):
      request.method = "POST"
      request.headers = [HTTPHeader("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")]
      request.body = Array(FormBody.text([("Action", action), ("Version", version)] + fields).utf8)
    case .json(let version, let target, let body):
      request.method = "POST"
      request.headers = [
        HTTPHeader("Content-Type", "application/x-amz-json-\(version)"), HTTPHeader("X-Amz-Target", target),
      ]
      request.body = body
    case .rest(let method, let path):
      request.method = method
      request.url = endpoint + path
    }
    request.timeout = timeout
    request.bodyLimit = bodyLimit
    request.caFile = caFile
    return request
  }
}

/// What AWS answered, with a status of success.
package struct AWSReply: Sendable {
  package var headers: HTTPHeaders
  package var body: [UInt8]
}

/// Where a service listens.
package enum AWSEndpoint {
  /// - Parameter template: of the settings; `{service}` and `{region}` in it are filled in. nil: AWS' own.
  /// - Returns: without a slash at the end.
  package static func url(service: String, region: String, template: String? = nil) -> String {
    guard let template else {
      return "https://\(service).\(region).\(domain(region))"
    }
    let filled = replacing("{region}", by: region, in: replacing("{service}", by: service, in: template))
    return filled.hasSuffix("/") ? String(filled.dropLast()) : filled
  }

  /// The domain of the region's partition.
  package static func domain(_ region: String) -> String {
    if region.hasPrefix("cn-") { return "amazonaws.com.cn" }
    if region.hasPrefix("us-iso-") { return "c2s.ic.gov" }
    if region.hasPrefix("us-isob-") { return "sc2s.sgov.gov" }
    return region.hasPrefix("eusc-") ? "amazonaws.eu" : "amazonaws.com"
  }

  private static func replacing(_ name: String, by value: String, in text: String) -> String {
    text.split(separator: name, omittingEmptySubsequences: false).joined(separator: value)
  }
}
