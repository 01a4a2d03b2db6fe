package import Secrets
package import TLSTransport

/// Where a cluster is and how to get in.
package struct KafkaCluster: Hashable, Sendable {
  package enum Mechanism: String, Hashable, Sendable, CaseIterable {
    case plain = "PLAIN"
    case scram256 = "SCRAM-SHA-256"
    case scram512 = "SCRAM-SHA-512"
  }

  package struct SASL: Hashable, Sendable {
    package var mechanism: Mechanism
    package var username: String
    package var password: SecretSource

    package init(mechanism: Mechanism, username: String, password: SecretSource) {
      self.mechanism = mechanism
      self.username = username
      self.password = password
    }
  }

  /// `host:port` of some brokers, at least one: the cluster names the others.
  package var bootstrap: [String]
  /// The brokers name themselves, and librdkafka leaves the oldest version to OpenSSL: ``TLSOptions/serverName`` and
  /// ``TLSOptions/minimumVersion`` are not looked at.
  package var tls: TLSOptions?
  package var sasl: SASL?

  package init(bootstrap: [String]) { self.bootstrap = bootstrap }

  /// For people: the first of the brokers.
  package var name: String { bootstrap.first ?? "" }
}
