package import Collecting
package import DNSClient
internal import HTTPClient
internal import Model

/// One question for several servers at once.
package struct DNSPanelQuestion: Hashable, Sendable {
  package var question: DNSQuestion
  /// None: those of the system.
  package var servers: [DNSServer]
  package var transport = DNSQuery.Transport.udp
  package var recursion = true
  package var edns = true

  /// Servers that are asked at most.
  package static let serverLimit = 32

  package init(_ question: DNSQuestion, servers: [DNSServer] = []) {
    self.question = question
    self.servers = servers
  }

  /// - Parameter quorum: how many of the servers must answer, where that is said.
  package func validate(quorum: Int?) throws(InvalidSettings) {
    func require(_ isFine: Bool, _ field: String, _ problem: String) throws(InvalidSettings) {
      if !isFine { throw InvalidSettings(field: field, problem: problem) }
    }
    let count = servers.count
    try require(DNSName.canonical(question.name) != nil, "query", "is no name that can be asked for")
    try require(count <= Self.serverLimit, "resolvers", "must be at most \(Self.serverLimit)")
    try require(Set(servers).count == count, "resolvers", "names a server twice")
    try require(
      edns || servers.allSatisfy { $0.clientSubnet == nil }, "edns", "is what a client subnet is told by")
    try require(
      quorum.map { $0 >= 1 && (count == 0 || $0 <= count) } ?? true, "quorum",
      "must be between 1 and the number of resolvers")
  }
}

/// Asks the servers and brings their answers together.
struct DNSPanel: Sendable {
  struct Answer: Sendable {
    let server: DNSServer
    let result: Result<DNSReply, DNSFailure>
  }

  let question: DNSPanelQuestion
  let client: DNSClient
  /// Looks up servers that are given by name.
  let resolver: HostResolver
  let time: any TimeSource

  /// Calls `completion` once, with one answer for each server in the order of the settings, within `timeout`.
  func ask(timeout: Duration, _ completion: @escaping @Sendable ([Answer]) -> Void) {
    guard question.servers.isEmpty else { return ask(question.servers, timeout, completion) }
    client.systemServers { addresses in
      ask(addresses.prefix(DNSPanelQuestion.serverLimit).map(DNSServer.init), timeout, completion)
    }
  }

  private func ask(
    _ servers: [DNSServer], _ timeout: Duration, _ completion: @escaping @Sendable ([Answer]) -> Void
  ) {
    let gathered = Gathering<Int, Result<DNSReply, DNSFailure>>(expected: servers.count) { results in
      completion(
        servers.enumerated().map { place, server in
          Answer(server: server, result: results[place] ?? .failure(DNSFailure(.other, "not asked")))
        })
    }
    for (place, server) in servers.enumerated() {
      if let address = ResolverAddress(address: server.host, port: server.port) {
        ask(server, at: address, timeout) { gathered.add(place, $0) }
      } else {
        let start = time.monotonic
        resolver.resolve(server.host, timeout: timeout, mayRemember: true) { answer in
          let left = timeout - (time.monotonic - start)
          switch answer.map({ $0.compactMap { ResolverAddress(address: $0, port: server.port) } }) {
          case .success(let addresses):
            // One is asked: IPv4 where there is one.
            guard let first = addresses.first(where: { !$0.address.contains(":") }) ?? addresses.first,
              left > .zero
            else {
              return gathered.add(place, .failure(DNSFailure(.dns, "\(server.host) has no address")))
            }
            ask(server, at: first, left) { gathered.add(place, $0) }
          case .failure(let failure):
            gathered.add(place, .failure(DNSFailure(failure.reason, failure.detail)))
          }
        }
      }
    }
  }

  private func ask(
    _ server: DNSServer, at address: ResolverAddress, _ timeout: Duration,
    _ completion: @escaping DNSClient.Completion
  ) {
    var query = DNSQuery(question.question, server: address, timeout: timeout)
    query.transport = question.transport
    query.recursion = question.recursion
    query.edns = question.edns
    query.clientSubnet = server.clientSubnet
    client.ask(query, completion)
  }
}
