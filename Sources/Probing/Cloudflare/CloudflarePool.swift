internal import Model

/// A pool as the list of pools has it.
struct CloudflarePool: Equatable, Sendable {
  struct Origin: Equatable, Sendable {
    var name: String
    var address: String
    var isEnabled: Bool
  }

  var id: String
  var name: String
  var isEnabled: Bool
  /// nil: Cloudflare does not say.
  var isHealthy: Bool?
  var origins: [Origin]

  /// nil when it has no id or name.
  init?(_ document: JSONDocument) {
    guard let id = document.value(at: "id")?.asText, CloudflareSettings.isIdentifier(id),
      let name = document.value(at: "name")?.asText, !name.isEmpty
    else { return nil }
    self.id = id
    self.name = name
    // Both are on unless said otherwise.
    isEnabled = document.value(at: "enabled")?.asBool ?? true
    isHealthy = document.value(at: "healthy")?.asBool
    origins = (document.value(at: "origins")?.elements ?? []).compactMap { origin in
      guard let address = origin.value(at: "address")?.asText, !address.isEmpty else { return nil }
      let name = origin.value(at: "name")?.asText ?? ""
      return Origin(
        name: name.isEmpty ? address : name, address: address,
        isEnabled: origin.value(at: "enabled")?.asBool ?? true)
    }
  }
}

/// What Cloudflare's data centers ("PoPs") have measured of a pool.
struct CloudflarePoolHealth: Equatable, Sendable {
  struct Origin: Equatable, Sendable {
    var address: String
    var isHealthy: Bool
    var failure: String
    /// Seconds.
    var roundTrip: Double?
  }

  struct PoP: Equatable, Sendable {
    var name: String
    var isHealthy: Bool
    var origins: [Origin]
  }

  /// In the order of their names.
  var pops: [PoP]

  /// The documentation shows `pop_health` as one object, the service sends one for each data center by its name; both
  /// are read.
  init(_ result: JSONDocument) {
    let health = result.value(at: "pop_health")
    guard health?.value(at: "healthy")?.asBool == nil else {
      pops = [Self.pop("all", health)].compactMap(\.self)
      return
    }
    pops = (health?.members ?? [:]).sorted { byteOrder($0.key, $1.key) }.compactMap {
      Self.pop($0.key, $0.value)
    }
  }

  private static func pop(_ name: String, _ document: JSONDocument?) -> PoP? {
    guard let document, let isHealthy = document.value(at: "healthy")?.asBool else { return nil }
    let origins = (document.value(at: "origins")?.elements ?? []).flatMap { entry in
      entry.members.sorted { byteOrder($0.key, $1.key) }.compactMap { address, origin -> Origin? in
        guard let isHealthy = origin.value(at: "healthy")?.asBool else { return nil }
        return Origin(
          address: address, isHealthy: isHealthy,
          failure: failure(origin.value(at: "failure_reason")?.asText ?? ""),
          roundTrip: origin.value(at: "rtt")?.asText.flatMap(seconds))
      }
    }
    return PoP(name: name, isHealthy: isHealthy, origins: origins)
  }

  /// Cloudflare's sentence as one of a bounded set.
  static func failure(_ text: String) -> String {
    let text = text.lowercased()
    let known = [
      ("timeout", "timeout"), ("timed out", "timeout"), ("response code", "unexpected_status"),
      ("response body", "body_mismatch"), ("body", "body_mismatch"), ("certificate", "certificate_invalid"),
      ("tls", "tls_handshake"), ("tcp connection", "connection_failed"), ("refused", "connection_refused"),
      ("unreachable", "network_unreachable"), ("dns", "dns_failed"), ("redirect", "unexpected_redirect"),
      ("connection", "connection_failed"), ("no failure", "none"),
    ]
    return known.first { text.contains($0.0) }?.1 ?? "other"
  }

  /// A duration as Go writes it, `12.1ms`; nil when it is none.
  static func seconds(_ text: String) -> Double? {
    for (unit, factor) in [("ns", 1e-9), ("µs", 1e-6), ("us", 1e-6), ("ms", 1e-3), ("s", 1)]
    where text.hasSuffix(unit) {
      let number = text.dropLast(unit.count)
      guard !number.isEmpty, number.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2e }),
        let value = Double(number), value * factor < 3600
      else { return nil }
      return value * factor
    }
    return nil
  }
}

/// Which pools a load balancer uses, by id.
struct CloudflareBalancer: Equatable, Sendable {
  var name: String
  var isEnabled: Bool
  var defaultPools: [String]
  var fallbackPool: String?

  init?(_ document: JSONDocument) {
    guard let name = document.value(at: "name")?.asText, !name.isEmpty else { return nil }
    self.name = name
    isEnabled = document.value(at: "enabled")?.asBool ?? true
    defaultPools = (document.value(at: "default_pools")?.elements ?? []).compactMap(\.asText)
    fallbackPool = document.value(at: "fallback_pool")?.asText
  }
}
