package import DNSClient

extension CollectorClients {
  /// - Throws: `DNSFailure` when the system gives no thread or no descriptor.
  package var dns: DNSClient {
    get throws { try shared(DNSClient.self) { try DNSClient(time: time) } }
  }
}
