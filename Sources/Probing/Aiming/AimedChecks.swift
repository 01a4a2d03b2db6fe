package import Collecting
package import HTTPClient
internal import Model
internal import TLSTransport

extension HTTPCheckSettings: AimableCheck {
  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    let text = Self.url(target)
    // `ftp://host` is no host that is called ftp.
    let isOther = text != target && target.prefix { !"/?#".contains($0) }.hasSuffix(":")
    guard !isOther, let url = HTTPURL(text) else {
      throw InvalidSettings(field: "target", problem: "must be an absolute http or https URL, or a host")
    }
    let authority = text.drop { $0 != ":" }.dropFirst(3).prefix { !"/?#".contains($0) }
    guard !authority.contains("@") else {
      throw InvalidSettings(field: "target", problem: "must not hold a user name or password")
    }
    return try ProbePlace(host: url.host, port: url.port, field: "target")
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    _ = try place(of: target)
    var aimed = self
    aimed.url = Self.url(target)
    aimed.connectAddress = address
    if address != nil { aimed.everyAddress = false }
    // Each probe is to see whether one can connect, and no connection is to outlive what allowed it.
    aimed.keepAlive = false
    // A redirect may lead anywhere.
    aimed.redirects = .none
    return aimed
  }

  /// As blackbox_exporter does: what has no scheme is asked by http.
  private static func url(_ target: String) -> String {
    let lowered = target.lowercased()
    return lowered.hasPrefix("http://") || lowered.hasPrefix("https://") ? target : "http://" + target
  }
}

extension Endpoint {
  static func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    guard let endpoint = Endpoint(target) else {
      throw InvalidSettings(field: "target", problem: "must be host:port or [IPv6]:port")
    }
    return try ProbePlace(host: endpoint.host, port: endpoint.port, field: "target")
  }

  func aimed(at target: String, address: String?) throws(InvalidSettings) -> Endpoint {
    let place = try Self.place(of: target)
    var endpoint = Endpoint(host: address ?? place.host, port: place.port ?? port)
    endpoint.addressFamily = addressFamily
    endpoint.everyAddress = address == nil && everyAddress
    return endpoint
  }
}

extension TCPCheckSettings: AimableCheck {
  package var addressFamily: HTTPRequest.AddressFamily { endpoint.addressFamily }

  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    try Endpoint.place(of: target)
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    var aimed = self
    aimed.endpoint = try endpoint.aimed(at: target, address: address)
    if tls?.serverName == endpoint.host { aimed.tls?.serverName = try place(of: target).host }
    return aimed
  }
}

extension TLSCheckSettings: AimableCheck {
  package var addressFamily: HTTPRequest.AddressFamily { endpoint.addressFamily }

  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    try Endpoint.place(of: target)
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    var aimed = self
    aimed.endpoint = try endpoint.aimed(at: target, address: address)
    if tls.serverName == endpoint.host { aimed.tls.serverName = try place(of: target).host }
    return aimed
  }
}

extension GRPCCheckSettings: AimableCheck {
  package var addressFamily: HTTPRequest.AddressFamily { endpoint.addressFamily }

  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    try Endpoint.place(of: target)
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    var aimed = self
    aimed.endpoint = try endpoint.aimed(at: target, address: address)
    if address != nil, serverName == nil { aimed.serverName = try place(of: target).host }
    return aimed
  }
}

extension ICMPCheckSettings: AimableCheck {
  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    try ProbePlace(host: target, port: nil, field: "target")
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    var aimed = self
    let place = try place(of: target)
    aimed.host = address ?? place.host
    if address != nil { aimed.everyAddress = false }
    return aimed
  }
}

/// The target of a DNS check is the server that is asked, as blackbox_exporter has it.
extension DNSCheckSettings: AimableCheck {
  package var addressFamily: HTTPRequest.AddressFamily { .any }

  package func place(of target: String) throws(InvalidSettings) -> ProbePlace {
    let server = try Self.server(target)
    return try ProbePlace(host: server.host, port: Int(server.port), field: "target")
  }

  package func aimed(at target: String, address: String?) throws(InvalidSettings) -> Self {
    var server = try Self.server(target)
    if let address {
      let host = address.contains(":") ? "[\(address)]" : address
      server = try Self.server("\(host):\(server.port)")
    }
    var aimed = self
    aimed.panel.servers = [server]
    return aimed
  }

  private static func server(_ target: String) throws(InvalidSettings) -> DNSServer {
    guard let server = DNSServer(target) else {
      throw InvalidSettings(
        field: "target", problem: "must be a name server: an address or a name, with a port if need be")
    }
    return server
  }
}
