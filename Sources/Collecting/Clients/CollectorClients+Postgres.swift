package import PostgresClient

extension CollectorClients {
  /// - Throws: `PostgresError` when the system gives no thread or no descriptor.
  package var postgres: PostgresClient {
    get throws { try shared(PostgresClient.self) { try PostgresClient(time: time) } }
  }
}
