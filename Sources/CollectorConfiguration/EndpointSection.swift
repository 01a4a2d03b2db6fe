internal import ConfigurationTypes
internal import HTTPClient
internal import Model
internal import Probing
internal import StrictYAML

/// Keys that checks of connections share: where to connect.
enum EndpointSection {
  private enum Family: String, CaseIterable {
    case any
    case four = "4"
    case six = "6"
  }

  static func read(_ m: MappingReader) -> Endpoint {
    var endpoint = m.required("address", address)
    endpoint.addressFamily = readFamily(m)
    endpoint.everyAddress = m.optional("every_address", .bool) ?? false
    return endpoint
  }

  static func readFamily(_ m: MappingReader) -> HTTPRequest.AddressFamily {
    switch m.optional("ip", YAMLType<Family>.choice()) ?? .any {
    case .any: .any
    case .four: .ipv4
    case .six: .ipv6
    }
  }

  private static var address: YAMLType<Endpoint> {
    .scalar("host:port or [IPv6]:port", placeholder: Endpoint(host: "host", port: 1)) { Endpoint($0) }
  }
}
