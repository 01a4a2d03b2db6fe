internal import Collecting
internal import HTTPClient
internal import KafkaClient
internal import MySQLClient
internal import RedisClient

// Whom a success of each kind has reached. PostgreSQL's connection strings may stand in files and name several hosts, and
// a program's ways are its own: of these nothing is known.

extension HTTPCheckSettings {
  package var reachedHosts: [String] { [connectAddress ?? HTTPURL(url)?.host ?? ""] }
}

extension TCPCheckSettings { package var reachedHosts: [String] { [endpoint.host] } }

extension TLSCheckSettings { package var reachedHosts: [String] { [endpoint.host] } }

extension GRPCCheckSettings { package var reachedHosts: [String] { [endpoint.host] } }

extension ICMPCheckSettings { package var reachedHosts: [String] { [host] } }

/// Without servers it asks the system's, which may stand here and answer from memory.
extension DNSCheckSettings { package var reachedHosts: [String] { panel.servers.map(\.host) } }

extension RedisCheckSettings { package var reachedHosts: [String] { [server.host] } }

extension MySQLCheckSettings {
  package var reachedHosts: [String] { source.socket == nil ? source.host.map { [$0] } ?? [] : [] }
}

extension KafkaCheckSettings {
  package var reachedHosts: [String] { cluster.bootstrap.map { Endpoint($0)?.host ?? "" } }
}
