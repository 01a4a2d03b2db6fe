internal import CloudAccess
package import Model
internal import XMLDocuments

/// What one of Route 53's checkers said last.
package struct Route53Checker: Hashable, Sendable {
  package var region: String
  package var isSuccess: Bool
  package var text: String
  package var checked: Timestamp?

  package init(region: String, isSuccess: Bool, text: String, checked: Timestamp? = nil) {
    self.region = region
    self.isSuccess = isSuccess
    self.text = text
    self.checked = checked
  }

  /// Why it fails: a bounded set, because it becomes a label value.
  package enum Reason: String, CaseIterable, Sendable {
    case timeout, connection, dns, tls, status, body, other
  }

  package var reason: Reason {
    let text = text.lowercased()
    func says(_ words: String...) -> Bool { words.contains { text.contains($0) } }
    if says("dns", "resolve host", "could not resolve") { return .dns }
    if says("timed out", "timeout", "in time", "didn't respond") { return .timeout }
    if says("ssl", "tls", "handshake", "certificate") { return .tls }
    if says("string", "search") { return .body }
    if says("http status code") { return .status }
    return says("connect", "refused", "reset", "unreachable") ? .connection : .other
  }

  /// Without the address, which differs from checker to checker.
  package var shortText: String {
    let cut = text.firstRange(of: " Resolved IP").map { text[..<$0.lowerBound] } ?? text[...]
    return String(cut.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(160))
  }
}

/// How a health check is configured, as far as it decides what its checkers' words mean.
package struct Route53Configuration: Hashable, Sendable {
  package var type: String
  package var isInverted: Bool
  package var isDisabled: Bool

  package init(type: String, isInverted: Bool = false, isDisabled: Bool = false) {
    self.type = type
    self.isInverted = isInverted
    self.isDisabled = isDisabled
  }

  /// Others are worked out from metrics, other health checks or switches, and have no checkers.
  package var hasCheckers: Bool { type.hasPrefix("HTTP") || type == "TCP" }
}

/// What Route 53 makes of it.
package struct Route53Health: Hashable, Sendable {
  /// A health check is healthy when more than this share of its checkers succeed.
  package static let share = 0.18

  /// Of the checkers that succeed; nil when there is none.
  package var successShare: Double?
  /// nil when that is not known.
  package var isHealthy: Bool?

  package init(_ configuration: Route53Configuration, _ checkers: [Route53Checker]) {
    if !checkers.isEmpty {
      successShare = Double(checkers.count { $0.isSuccess }) / Double(checkers.count)
    }
    // Disabled is healthy, whatever the endpoint does: traffic goes on to be sent there.
    let seen = configuration.isDisabled ? true : successShare.map { $0 > Self.share }
    isHealthy = seen.map { $0 != configuration.isInverted }
  }
}

extension Route53Configuration {
  init(_ body: [UInt8]) throws(AWSFailure) {
    let root = try route53Document(body)
    guard let found = root.at("HealthCheck", "HealthCheckConfig"), let type = found.text("Type") else {
      throw AWSFailure(.protocolError, "GetHealthCheck: the answer holds no configuration")
    }
    self.init(
      type: type, isInverted: found.text("Inverted") == "true", isDisabled: found.text("Disabled") == "true")
  }
}

extension Route53Checker {
  static func all(_ body: [UInt8]) throws(AWSFailure) -> [Route53Checker] {
    let root = try route53Document(body)
    guard let list = root["HealthCheckObservations"] else {
      throw AWSFailure(.protocolError, "the answer holds no observations: is this Route 53?")
    }
    return list.all("HealthCheckObservation").compactMap { entry in
      guard let report = entry["StatusReport"], let status = report.text("Status") else { return nil }
      return Route53Checker(
        region: entry.text("Region") ?? "", isSuccess: status.hasPrefix("Success"), text: status,
        checked: report.text("CheckedTime").flatMap { Timestamp(rfc3339: $0) })
    }
  }
}

private func route53Document(_ body: [UInt8]) throws(AWSFailure) -> XMLElement {
  do throws(XMLFailure) {
    return try XMLDocument.read(body)
  } catch {
    throw AWSFailure(.protocolError, "the answer cannot be read: \(error)")
  }
}
