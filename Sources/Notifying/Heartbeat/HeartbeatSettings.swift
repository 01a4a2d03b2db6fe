package import HTTPClient
internal import Model

/// A dead man's switch: a URL somewhere else that is asked now and then, and raises an alarm there when it is not.
package struct HeartbeatSettings: Hashable, Sendable {
  package enum Method: String, Sendable, CaseIterable { case get = "GET", post = "POST", head = "HEAD" }

  package var name: String
  /// May be a secret: never shown.
  package var url: String
  package var method: Method = .post
  package var interval: Duration = .seconds(60)
  package var timeout: Duration = .seconds(10)
  package var headers: [HTTPHeader] = []
  package var caFile: String?

  package init(name: String, url: String) {
    self.name = name
    self.url = url
  }

  var request: HTTPRequest {
    var request = HTTPRequest(method: method.rawValue, url: url, headers: headers, timeout: timeout)
    request.userAgent = "Farwatch"
    request.caFile = caFile
    // The answer's body is for nobody.
    request.bodyLimit = 1024
    request.failBeyondReadLimit = false
    return request
  }
}
