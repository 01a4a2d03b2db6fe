package import StreamClient

extension CollectorClients {
  /// Makes the TCP and TLS connections of all checks.
  package var streams: StreamClient {
    get throws {
      try shared(StreamClient.self) {
        StreamClient(name: "farwatch-stream")
      } stop: {
        $0.shutdown()
      }
    }
  }
}
