internal import Model

/// What one exchange with one server brought; a request is one leg or, with redirects, several.
struct Leg {
  var status: Int?
  var headers = HTTPHeaders()
  var contentLength: Int?
  var body: [UInt8] = []
  var bodyBytesTotal = 0
  var bodyTruncated = false
  var phases = HTTPPhases()
  var httpVersion: Double?
  var primaryAddress: String?
  var redirectURL: String?
  var certificates: CertificateChain?
  var reusedConnection = false
  var failure: HTTPFailure?
}

extension Job {
  enum Step { case nextLeg, done }

  /// Takes up what a leg brought and decides whether another follows.
  func legEnded(_ leg: Leg) -> Step {
    if isCertificateLeg {
      // Only the chain counts; the request has failed already.
      if var chain = leg.certificates {
        chain.verified = false
        result.certificates = chain
      }
      return .done
    }
    result.phases.add(leg.phases)
    result.failure = leg.failure
    result.httpVersion = leg.httpVersion
    result.primaryAddress = leg.primaryAddress
    result.certificates = leg.certificates
    result.reusedConnection = leg.reusedConnection
    result.status = leg.status
    result.headers = leg.headers
    result.contentLength = leg.contentLength
    result.body = leg.body
    result.bodyBytesTotal = leg.bodyBytesTotal
    result.bodyTruncated = leg.bodyTruncated
    if let failure = leg.failure { return afterFailure(failure, leg) }
    guard case .upTo(let limit) = request.redirects, let status = leg.status, let location = leg.redirectURL
    else { return .done }
    return follow(status, to: location, limit: limit)
  }

  private func afterFailure(_ failure: HTTPFailure, _ leg: Leg) -> Step {
    let isCertificateFailure =
      switch failure.reason {
      case .certificateExpired, .certificateInvalid, .certificateName: true
      default: false
      }
    guard isCertificateFailure, request.wantCertificates else { return .done }
    isCertificateLeg = true
    return .nextLeg
  }

  private func follow(_ status: Int, to location: String, limit: Int) -> Step {
    guard result.redirects < limit else {
      result.failure = HTTPFailure(.redirect, "more than \(limit) redirects")
      return .done
    }
    guard let next = HTTPURL(location) else {
      result.failure = HTTPFailure(.redirect, "redirected to something that is not an http or https URL")
      return .done
    }
    if let target, !target.isSameOrigin(as: next) { dropSecrets() }
    if status == 303 && method != "HEAD" || (status == 301 || status == 302) && method == "POST" {
      method = "GET"
      body = []
      headers.removeAll {
        ["content-type", "content-length", "content-encoding"].contains($0.name.lowercased())
      }
    }
    result.redirects += 1
    result.finalURL = location
    url = location
    target = next
    return .nextLeg
  }

  /// Once dropped they stay dropped, also when a later redirect leads back.
  private func dropSecrets() {
    let always = ["authorization", "cookie", "proxy-authorization"]
    headers.removeAll {
      $0.isSecret || always.contains($0.name.lowercased()) || $0.name.lowercased() == "host"
    }
    clientCertificate = nil
  }

  /// libcurl's notation for "whoever is asked for this host and port, connect there".
  var connectTo: String? {
    guard let address = request.connectAddress, let target, let origin, target.isSameOrigin(as: origin) else {
      return nil
    }
    let host = target.host.contains(":") ? "[\(target.host)]" : target.host
    let literal = address.contains(":") ? "[\(address)]" : address
    return "\(host):\(target.port):\(literal):\(target.port)"
  }
}
