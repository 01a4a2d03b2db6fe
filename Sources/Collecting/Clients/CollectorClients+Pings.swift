package import PingClient

extension CollectorClients {
  /// Sends the pings of all checks.
  package var pings: PingClient {
    get throws {
      try shared(PingClient.self) {
        PingClient(name: "farwatch-ping")
      } stop: {
        $0.shutdown()
      }
    }
  }
}
