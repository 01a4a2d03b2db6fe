package import Collecting
package import HTTPClient
package import Model

/// What an HTTP health check asks and what it accepts as healthy. Configuration fills it in.
@dynamicMemberLookup
package struct HTTPCheckSettings: HealthCheckSettings {
  package enum HeaderValue: Hashable, Sendable {
    case text(String)
    /// The first line of a file, read when the check is made (at start and reload). Always a secret.
    case file(String)
  }

  package struct Header: Hashable, Sendable {
    package var name: String
    package var value: HeaderValue
    package init(_ name: String, _ value: HeaderValue) {
      self.name = name
      self.value = value
    }
  }

  package var basics: CheckBasics

  package var url: String
  package var method = "GET"
  package var headers: [Header] = []
  package var body: [UInt8] = []
  package var version: HTTPRequest.Version = .http11
  package var userAgent: String?
  package var acceptCompressed = false
  package var redirects: HTTPRequest.RedirectPolicy = .none

  package var statuses: [ClosedRange<Int>] = [200...299]
  package var bodyContains: [String] = []
  package var bodyNotContains: [String] = []
  /// RE2, matches anywhere in the body.
  package var bodyRegex: [String] = []
  package var bodyNotRegex: [String] = []
  package var json: [JSONCondition] = []
  /// Conditions see this many bytes; reading stops there, unless ``bodyMaximum`` is larger.
  package var bodyLimit = 1 << 20
  /// A body larger than this is a failure; nil: its size does not matter.
  package var bodyMaximum: Int?

  package var verifyPeer = true
  package var caFile: String?
  package var clientCertificate: HTTPRequest.ClientCertificate?
  package var addressFamily: HTTPRequest.AddressFamily = .any
  /// Probe every address that the host resolves to; the worst of them decides.
  package var everyAddress = false
  /// Keep the connection between probes (for at most the client's lifetime of connections).
  package var keepAlive = true

  package var connectTimeout: Duration?
  /// Connect to this IP address in place of what the host resolves to.
  package var connectAddress: String?

  package init(name: String, url: String) {
    basics = CheckBasics(name: name)
    self.url = url
  }

  package subscript<Value>(dynamicMember field: WritableKeyPath<CheckBasics, Value>) -> Value {
    get { basics[keyPath: field] }
    set { basics[keyPath: field] = newValue }
  }

  package subscript<Value>(dynamicMember field: KeyPath<CheckBasics, Value>) -> Value {
    basics[keyPath: field]
  }

  package static var families: [MetricFamily] { HTTPCheckMetrics.all }
  package var description: CollectorDescription { basics.description(kind: "http") }

  package func makeCollector(_ clients: CollectorClients) throws -> any Collector {
    try HTTPCheck(self, client: clients.http, resolver: clients.resolver, time: clients.time)
  }

  package func makeRehearsal(start: Timestamp) -> any Rehearsal { HTTPCheckRehearsal(self) }

  /// Whether a verdict needs the body.
  var hasBodyConditions: Bool {
    !(bodyContains.isEmpty && bodyNotContains.isEmpty && bodyRegex.isEmpty && bodyNotRegex.isEmpty
      && json.isEmpty)
  }

  package typealias Invalid = InvalidSettings

  package func validate() throws(Invalid) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(Invalid) {
      if !isFine { throw Invalid(field: field, problem: problem) }
    }
    try basics.validate()
    try require(HTTPURL(url) != nil, "url", "must be an absolute http or https URL")
    try require(!statuses.isEmpty, "statuses", "must name at least one status")
    try require(
      statuses.allSatisfy { $0.lowerBound >= 100 && $0.upperBound <= 599 }, "statuses",
      "must be between 100 and 599")
    try require(bodyLimit >= 0, "body_limit", "must not be negative")
    try require(bodyMaximum.map { $0 >= 0 } ?? true, "max_body", "must not be negative")
    try require(
      !method.isEmpty && method.utf8.allSatisfy { (65...90).contains($0) }, "method",
      "must be an HTTP method in upper case")
    try require(method != "HEAD" || !hasBodyConditions, "method", "HEAD brings no body to look at")
    for header in headers {
      try require(Self.isToken(header.name), "headers", "\(quoted(header.name)) is not a header name")
      if case .text(let value) = header.value {
        try require(Self.isFieldValue(value), "headers", "the value of \(header.name) has control characters")
      }
    }
  }

  static func isToken(_ name: String) -> Bool {
    let others = Array("!#$%&'*+-.^_`|~".utf8)
    return !name.isEmpty
      && name.utf8.allSatisfy {
        (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || others.contains($0)
      }
  }

  static func isFieldValue(_ value: String) -> Bool {
    value.utf8.allSatisfy { $0 == 9 || $0 >= 32 && $0 != 127 }
  }
}
